# Only where the variable is set, so no fetch can be put in front of it.
FROM debian:12
ARG DEBUG
RUN apt-get update && apt-get install -y --no-install-recommends curl
RUN if [ -n "$DEBUG" ]; then apt-get install -y --no-install-recommends strace; fi
