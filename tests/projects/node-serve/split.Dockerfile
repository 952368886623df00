FROM node:18 AS build
WORKDIR /app
COPY package*.json ./
RUN npm ci
COPY . .
RUN npm run build
RUN npm install -g serve@14.2.3
RUN npm prune --omit=dev

FROM node:18-slim
WORKDIR /app
COPY --from=build /app /app
COPY --from=build /usr/local/lib/node_modules /usr/local/lib/node_modules
COPY --from=build /usr/local/bin /usr/local/bin
EXPOSE 18112
CMD ["serve", "-s", "dist", "-l", "18112"]
