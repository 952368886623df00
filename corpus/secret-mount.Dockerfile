# syntax=docker/dockerfile:1
# Joined, the second step would see the secret of the first.
FROM node:22
RUN --mount=type=secret,id=npmrc,target=/root/.npmrc npm ci
RUN mkdir /data
