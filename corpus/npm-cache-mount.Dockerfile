# syntax=docker/dockerfile:1
# The mount is there for the next build.
FROM node:22
RUN --mount=type=cache,target=/root/.npm npm ci
