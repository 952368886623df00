# The lists lie in a layer of their own, and a cached update meets a new install.
FROM debian:12
RUN apt-get update \
    && apt-get install -y --no-install-recommends git \
    && rm -rf /var/lib/apt/lists/*
CMD ["git", "--version"]
