# syntax=docker/dockerfile:1
FROM debian:12
COPY vendor/tool.tar.gz /tmp/
RUN tar -xzf /tmp/tool.tar.gz -C /opt && rm /tmp/tool.tar.gz
COPY default.conf /etc/tool.conf
COPY production.conf /etc/tool.conf
