# The lists of one source may be missing; the installation works all the same.
FROM debian:12
RUN apt-get update || true
ENV LANG=C.UTF-8
RUN apt-get install -y --no-install-recommends git
