# The deletion goes behind the whole condition.
FROM debian:12
ARG WITH_CURL=1
RUN if [ "$WITH_CURL" = 1 ]; then \
      apt-get update && \
      apt-get install -y --no-install-recommends curl; \
    fi && \
      rm -rf /var/lib/apt/lists/*
