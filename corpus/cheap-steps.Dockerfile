# Steps that finish at once need no cache of their own.
FROM alpine:3.20
RUN addgroup -S app
RUN adduser -S -G app app
RUN mkdir -p /srv/app/data
RUN chown app:app /srv/app/data
RUN ln -s /srv/app/data /data
RUN echo 'app ready' > /etc/motd
