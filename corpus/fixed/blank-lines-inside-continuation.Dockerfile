# BuildKit warns of them and goes on.
FROM debian:12
RUN apt-get update && \

    apt-get install -y --no-install-recommends curl \

    git && \
    rm -rf /var/lib/apt/lists/*
