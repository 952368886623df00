# Every step starts in the working folder; in one shell the second would start where the first ended.
FROM debian:12
RUN cd /tmp && curl -fsSLO https://example.com/tool.tar.gz && tar -xzf tool.tar.gz
RUN rm -r /tmp/tool.tar.gz /tmp/tool
