# Left of `&&` the option has no effect.
FROM debian:12
RUN set -e; curl -fsSLo /tmp/a.tar.gz https://example.com/a.tar.gz; tar -xzf /tmp/a.tar.gz -C /opt
RUN rm /tmp/a.tar.gz
