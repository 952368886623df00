# What the second installation reads comes from other sources than what the first one read.
FROM debian:12
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates
COPY internal.list /etc/apt/sources.list.d/
RUN apt-get install -y --no-install-recommends git
