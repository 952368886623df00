FROM golang:1.19-bookworm AS build
WORKDIR /app
COPY . .
RUN go build -o square .

FROM debian:bookworm-slim
WORKDIR /app
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /usr/local/go/lib/time/zoneinfo.zip /usr/local/go/lib/time/zoneinfo.zip
COPY --from=build /app/square /app/square
CMD ["./square", "12"]
