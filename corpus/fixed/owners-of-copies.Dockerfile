# syntax=docker/dockerfile:1
FROM node:20
WORKDIR /app
COPY --chown=node:node . .
RUN chown node:node /app
COPY --chmod=755 run.sh /usr/local/bin/
USER node
CMD ["run.sh"]
