# Behind the sign everything is a comment for the shell, up to the end of the step.
FROM debian:12
RUN mkdir /srv/data # for the program
RUN mkdir /srv/logs
RUN apt-get update && apt-get install -y curl # for the health check
