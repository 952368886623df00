# Another owner is another copy in another layer.
FROM debian:12
RUN git clone --depth=1 https://example.com/app.git /srv/app \
    && useradd app \
    && chown -R app /srv/app
