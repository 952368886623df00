# Words that still work, and that every linter warns of.
FROM debian:12
MAINTAINER Jane Doe <jane@example.com>
ENV LANG C.UTF-8
ENV TOOL_OPTS --verbose --color never
LABEL vendor "The tools team"
ADD tool.conf /etc/
ADD rootfs.tar.gz /
ADD payload /opt/payload
RUN apt update && apt install git && rm -rf /var/lib/apt/lists/*
RUN useradd -u 1000660001 tool
USER tool
