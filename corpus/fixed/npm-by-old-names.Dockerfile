# npm has warned of --production for years, and refuses to clean its cache without --force.
FROM node:20
WORKDIR /srv
COPY package.json package-lock.json ./
RUN npm install --omit=dev && npm cache clean --force
COPY . .
CMD ["node", "server.js"]
