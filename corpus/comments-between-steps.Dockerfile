# Comments move along with their command.
FROM debian:12
RUN mkdir /srv/data

# The program runs as this user.
RUN useradd app

# It writes there.
RUN chown app /srv/data
