FROM node:18 AS build
WORKDIR /app
COPY package*.json ./
RUN npm ci
COPY . .
RUN npm run build
RUN npm install -g serve@14.2.3

FROM node:18-slim
RUN npm install -g serve@14.2.3 && npm cache clean --force
WORKDIR /app
COPY --from=build /app/dist /app/dist
EXPOSE 18112
CMD ["serve", "-s", "dist", "-l", "18112"]
