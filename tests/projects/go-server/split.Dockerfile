FROM golang:1.19-bookworm AS build
WORKDIR /src
COPY go.mod ./
COPY cmd ./cmd
COPY internal ./internal
RUN go vet ./... && CGO_ENABLED=0 go build -trimpath -ldflags="-s -w" -o /usr/local/bin/greeter ./cmd/greeter

FROM debian:bookworm-slim
WORKDIR /src
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /usr/local/go/lib/time/zoneinfo.zip /usr/local/go/lib/time/zoneinfo.zip
COPY --from=build /usr/local/bin/greeter /usr/local/bin/greeter
ENV PORT=18081 TZ=Europe/Berlin
EXPOSE 18081
USER nobody
ENTRYPOINT ["/usr/local/bin/greeter"]
