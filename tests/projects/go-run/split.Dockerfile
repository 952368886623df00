FROM golang:1.19-bookworm AS build
WORKDIR /app
COPY . .
RUN go build ./...
RUN go build -o /usr/local/bin/square .

FROM debian:bookworm-slim
WORKDIR /app
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /usr/local/go/lib/time/zoneinfo.zip /usr/local/go/lib/time/zoneinfo.zip
COPY --from=build /usr/local/bin/square /usr/local/bin/square
CMD ["/usr/local/bin/square", "12"]
