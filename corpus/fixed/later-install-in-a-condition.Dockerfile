# Only where the variable is set, so no fetch can be put in front of it.
FROM debian:12
ARG DEBUG
RUN apt-get update && apt-get install -y --no-install-recommends curl \
    && if [ -n "$DEBUG" ]; then apt-get install -y --no-install-recommends strace; fi \
    && rm -rf /var/lib/apt/lists/*
