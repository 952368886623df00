# syntax=docker/dockerfile:1
# The shell goes on behind a line that fails: only the status of the last one counts.
FROM debian:12
RUN <<EOF
apt-get update
apt-get install -y --no-install-recommends curl
EOF
RUN mkdir /data
