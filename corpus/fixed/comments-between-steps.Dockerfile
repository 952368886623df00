# Comments move along with their command.
FROM debian:12
RUN mkdir /srv/data \
    # The program runs as this user.
    && useradd app \
    # It writes there.
    && chown app /srv/data
