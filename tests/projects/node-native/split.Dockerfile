FROM node:20 AS build
WORKDIR /app
COPY package*.json ./
RUN npm install --build-from-source
RUN npm prune --omit=dev

FROM node:20-slim
WORKDIR /app
COPY --from=build /app /app
COPY . .
CMD ["node", "index.js"]
