FROM gcc:latest AS build
RUN apt-get update && apt-get install -y netcat-openbsd && rm -rf /var/lib/apt/lists/*
RUN groupadd -g 2000 srv && useradd -u 2000 -g srv -d /opt/srv srv
COPY srv.c /tmp/build/
RUN mkdir -p /opt/srv/bin && gcc -O2 -Wall -o /opt/srv/bin/srv /tmp/build/srv.c && rm -rf /tmp/build

FROM debian:stable-slim
RUN apt-get update && apt-get install -y netcat-openbsd && rm -rf /var/lib/apt/lists/*
RUN groupadd -g 2000 srv && useradd -u 2000 -g srv -d /opt/srv srv
COPY --from=build /opt/srv/bin /opt/srv/bin
COPY srv.conf /etc/srv/srv.conf
COPY docker-entrypoint.sh /
EXPOSE 7070
HEALTHCHECK CMD nc -z localhost 7070
USER srv
ENTRYPOINT ["/docker-entrypoint.sh"]
