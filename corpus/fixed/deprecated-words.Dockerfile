# Words that still work, and that every linter warns of.
FROM debian:12
LABEL maintainer="Jane Doe <jane@example.com>"
ENV LANG=C.UTF-8
ENV TOOL_OPTS="--verbose --color never"
LABEL vendor="The tools team"
COPY tool.conf /etc/
ADD rootfs.tar.gz /
ADD payload /opt/payload
RUN apt-get update && apt-get install -y git && rm -rf /var/lib/apt/lists/* \
    && useradd -l -u 1000660001 tool
USER tool
