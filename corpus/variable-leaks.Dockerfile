# The second step must not see the variable of the first.
FROM debian:12
RUN VERSION=1.2.3 && curl -fsSLo /tmp/tool.tar.gz https://example.com/tool-$VERSION.tar.gz
RUN tar -xzf /tmp/tool.tar.gz -C /usr/local
RUN rm /tmp/tool.tar.gz
