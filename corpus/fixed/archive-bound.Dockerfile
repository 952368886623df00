# syntax=docker/dockerfile:1
FROM debian:12
RUN --mount=type=bind,source=vendor/tool.tar.gz,target=/tmp/tool.tar.gz tar -xzf /tmp/tool.tar.gz -C /opt
COPY default.conf /etc/tool.conf
COPY production.conf /etc/tool.conf
