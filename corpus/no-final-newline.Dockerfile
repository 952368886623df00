# The last line has no end.
FROM debian:12
RUN apt-get update
RUN apt-get install -y --no-install-recommends curl