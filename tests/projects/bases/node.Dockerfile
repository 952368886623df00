# In the place of node:18: Debian's Node.js and npm.
FROM buildpack-deps:bookworm
RUN apt-get update \
    && apt-get install -y --no-install-recommends libnode-dev nodejs npm \
    && rm -rf /var/lib/apt/lists/* \
    && groupadd --gid 1000 node && useradd --uid 1000 --gid node --shell /bin/bash --create-home node
ENV NODE_VERSION=18.20.4
CMD ["node"]
