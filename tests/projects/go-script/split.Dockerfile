FROM golang:1.22-bookworm AS build
WORKDIR /srv/app
COPY go.mod .
COPY cmd cmd
COPY internal internal
RUN CGO_ENABLED=0 go build -o /usr/local/bin/ ./cmd/...
COPY migrations migrations
COPY entrypoint.sh /entrypoint.sh
RUN chmod +x /entrypoint.sh

FROM debian:bookworm-slim
WORKDIR /srv/app
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /usr/local/go/lib/time/zoneinfo.zip /usr/local/go/lib/time/zoneinfo.zip
COPY --from=build /entrypoint.sh /entrypoint.sh
COPY --from=build /srv/app/migrations /srv/app/migrations
COPY --from=build /usr/local/bin/worker /usr/local/bin/worker
COPY --from=build /usr/local/bin/api /usr/local/bin/api
VOLUME /data
EXPOSE 18097
ENTRYPOINT ["/entrypoint.sh"]
CMD ["api"]
