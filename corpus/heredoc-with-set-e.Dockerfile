# syntax=docker/dockerfile:1
# The shell stops at the first line that fails.
FROM debian:12
RUN <<EOF
  set -eu
  apt-get update
  apt-get install -y --no-install-recommends curl
  # for the health check
  curl --version
EOF
