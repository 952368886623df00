# A step in exec form has no shell, so nothing can be joined to it or put behind it.
FROM debian:12
RUN ["apt-get", "update"]
RUN ["apt-get", "install", "-y", "curl"]
