FROM golang:1.19-bookworm AS build
ARG SOURCES
WORKDIR /src
COPY ${SOURCES} .
RUN go build -o /hello .

FROM debian:bookworm-slim
WORKDIR /src
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /usr/local/go/lib/time/zoneinfo.zip /usr/local/go/lib/time/zoneinfo.zip
COPY --from=build /src /src
COPY --from=build /hello /hello
CMD ["/hello"]
