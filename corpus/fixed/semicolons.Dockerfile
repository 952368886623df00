# A failure of the first command does not count, and must not count later.
FROM debian:12
RUN { curl -fsSLo /tmp/extra.tar.gz https://example.com/extra.tar.gz; tar -xzf /tmp/extra.tar.gz -C /opt; } \
    && { rm -f /tmp/extra.tar.gz; true; }
