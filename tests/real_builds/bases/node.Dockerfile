# In the place of node:18: Debian's Node.js and npm.
FROM debian:12
RUN apt-get update \
    && apt-get install -y --no-install-recommends nodejs npm \
    && rm -rf /var/lib/apt/lists/*
CMD ["node"]
