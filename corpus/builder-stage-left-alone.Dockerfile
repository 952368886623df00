# The layers of the first stage end up in no image.
FROM golang:1.23 AS build
RUN apt-get update
RUN apt-get install -y --no-install-recommends protobuf-compiler
RUN mkdir /out
WORKDIR /src
COPY . .
RUN go build -o /out/app ./cmd/app

FROM debian:12
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates
COPY --from=build /out/app /usr/local/bin/app
