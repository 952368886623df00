FROM golang:1.19-bookworm AS build
RUN adduser --system --group app
WORKDIR /src
COPY . .
RUN go build -o /hello .

FROM debian:bookworm-slim
RUN adduser --system --group app
WORKDIR /src
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /usr/local/go/lib/time/zoneinfo.zip /usr/local/go/lib/time/zoneinfo.zip
COPY --from=build /hello /hello
USER app
CMD ["/hello"]
