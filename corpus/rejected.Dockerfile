# BuildKit does not take this file, so it is left as it is.
FROM debian:12
RUN apt-get update
RUN apt-get install -y curl
RUNN mkdir /srv/data
