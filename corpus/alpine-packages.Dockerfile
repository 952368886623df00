# The index is fetched, kept, and of no use later.
FROM alpine:3.20
RUN apk update
RUN apk add curl git
