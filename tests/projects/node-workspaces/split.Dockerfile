FROM node:18 AS build
WORKDIR /repo
COPY . .
RUN npm ci
RUN npm run build --workspaces --if-present
RUN npm prune --omit=dev

FROM node:18-slim
WORKDIR /repo
COPY --from=build /repo /repo
EXPOSE 18116
CMD ["node", "packages/api/dist/index.js"]
