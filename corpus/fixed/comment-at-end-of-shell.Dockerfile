# Behind the sign everything is a comment for the shell, up to the end of the step.
FROM debian:12
RUN mkdir /srv/data # for the program
RUN mkdir /srv/logs \
    && apt-get update && apt-get install -y curl \
    && rm -rf /var/lib/apt/lists/* # for the health check
