# The step has no purpose once the lists are fetched where they are read.
FROM debian:12

COPY app.deb /tmp/
RUN apt-get update -qq && apt-get install -y /tmp/app.deb && rm /tmp/app.deb && rm -rf /var/lib/apt/lists/*
