# syntax=docker/dockerfile:1
# The body is the content of a file.
FROM debian:12
COPY <<EOF /etc/motd
RUN apt-get update && apt-get install -y curl
EOF
RUN touch /etc/ready
RUN touch /etc/steady
