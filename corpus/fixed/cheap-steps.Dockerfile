# Steps that finish at once need no cache of their own.
FROM alpine:3.20
RUN addgroup -S app \
    && adduser -S -G app app \
    && mkdir -p /srv/app/data \
    && chown app:app /srv/app/data \
    && ln -s /srv/app/data /data \
    && echo 'app ready' > /etc/motd
