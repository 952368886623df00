FROM debian:12
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates curl git procps tzdata wget \
    && rm -rf /var/lib/apt/lists/*
