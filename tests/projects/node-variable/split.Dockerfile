ARG NODE_VERSION=20
FROM node:${NODE_VERSION} AS build
RUN apt-get update -qq && apt-get install -qq -y python3 make g++ git sqlite3
WORKDIR /usr/src/app
COPY package*.json ./
RUN npm install
COPY . .
RUN mkdir -p data && node scripts/seed.js
RUN npm prune --omit=dev

FROM node:${NODE_VERSION}-slim
RUN apt-get update && apt-get install -y sqlite3 && rm -rf /var/lib/apt/lists/*
WORKDIR /usr/src/app
COPY --from=build /usr/src/app /usr/src/app
ENV NODE_ENV=production
USER node
CMD ["node", "index.js"]
