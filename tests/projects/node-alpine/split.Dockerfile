FROM node:20-alpine AS build
WORKDIR /app
COPY . .
RUN npm install && npm run build
RUN npm prune --omit=dev

FROM node:20-alpine
WORKDIR /app
COPY --from=build /app /app
EXPOSE 3000
CMD npm run start
