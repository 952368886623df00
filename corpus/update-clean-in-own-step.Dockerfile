# What a later layer deletes is stored all the same.
FROM debian:12
RUN apt-get update && apt-get install -y --no-install-recommends git
RUN rm -rf /var/lib/apt/lists/*
