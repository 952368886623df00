FROM golang:1.19-bookworm AS build
RUN mkdir -p /src && go version
WORKDIR /src
COPY . .
USER 1000
ENV GOCACHE=/tmp/cache
RUN go build -o /tmp/hello .

FROM debian:bookworm-slim
WORKDIR /src
USER 1000
ENV GOCACHE=/tmp/cache
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /usr/local/go/lib/time/zoneinfo.zip /usr/local/go/lib/time/zoneinfo.zip
COPY --from=build /src /src
COPY --from=build /tmp/hello /tmp/hello
CMD ["/tmp/hello"]
