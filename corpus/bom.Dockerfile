# A byte order mark stands in front of the first line.
FROM debian:12
RUN apt-get update
RUN apt-get install -y --no-install-recommends curl
