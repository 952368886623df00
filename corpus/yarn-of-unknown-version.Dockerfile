# The cache of yarn 1 can be emptied; that of later versions may be the installation itself.
FROM node:22
COPY . .
RUN yarn install --immutable
