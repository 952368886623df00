# The distribution is the builder's choice.
ARG BASE=debian:12
FROM ${BASE}
RUN apt-get update && apt-get install -y --no-install-recommends curl && rm -rf /var/lib/apt/lists/*
