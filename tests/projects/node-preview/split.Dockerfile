FROM node:18 AS build
WORKDIR /app
COPY package*.json ./
RUN npm ci
COPY . .
RUN npm run build

FROM node:18-slim
WORKDIR /app
COPY --from=build /app /app
EXPOSE 18113
CMD ["npm", "run", "preview", "--", "--host", "--port", "18113"]
