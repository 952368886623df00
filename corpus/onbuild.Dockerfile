# The trigger runs in a file that we do not see.
FROM debian:12
RUN apt-get update && apt-get install -y --no-install-recommends make
ONBUILD COPY packages.txt /tmp/
ONBUILD RUN xargs -a /tmp/packages.txt apt-get install -y
