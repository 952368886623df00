# The archive is in three layers' way: downloaded in one, deleted in another.
FROM debian:12
RUN curl -fsSLo /tmp/node.tar.xz https://example.com/node-v22-linux-x64.tar.xz
RUN tar -xJf /tmp/node.tar.xz -C /usr/local --strip-components=1
RUN rm /tmp/node.tar.xz
