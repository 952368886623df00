FROM node:18 AS build
RUN npm install pm2 -g
WORKDIR /home/api
COPY package.json ./
RUN npm install
COPY . .
RUN npm run build

FROM node:18-slim
RUN npm install -g pm2 && npm cache clean --force
WORKDIR /home/api
COPY --from=build /home/api /home/api
EXPOSE 18172
CMD ["pm2-runtime", "start", "ecosystem.config.js", "--env", "production"]
