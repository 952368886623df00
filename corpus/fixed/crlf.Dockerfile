# Lines end as on Windows, and new ones have to, too.
FROM debian:12
RUN apt-get update \
    && apt-get install -y --no-install-recommends \
    curl \
    git \
    && rm -rf /var/lib/apt/lists/*
