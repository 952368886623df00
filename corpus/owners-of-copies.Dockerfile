# syntax=docker/dockerfile:1
FROM node:20
WORKDIR /app
COPY . .
RUN chown -R node:node /app
COPY run.sh /usr/local/bin/
RUN chmod 755 /usr/local/bin/run.sh
USER node
CMD ["run.sh"]
