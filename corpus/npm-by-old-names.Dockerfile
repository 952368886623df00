# npm has warned of --production for years, and refuses to clean its cache without --force.
FROM node:20
WORKDIR /srv
COPY package.json package-lock.json ./
RUN npm install --production && npm cache clean
COPY . .
CMD ["node", "server.js"]
