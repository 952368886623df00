# `a && b || c && d` is another list than `a && (b || c) && d`.
FROM debian:12
RUN curl -fsSLo /tmp/a.tar.gz https://example.com/a.tar.gz \
    && { tar -xzf /tmp/a.tar.gz -C /opt || tar -xf /tmp/a.tar.gz -C /opt; } \
    && rm /tmp/a.tar.gz
