# The stage below is built on the first one, so it reads the lists of the first one.
FROM debian:12 AS base
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates

FROM base
RUN apt-get install -y --no-install-recommends curl
