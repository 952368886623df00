FROM golang:1.22 AS build
WORKDIR /build
COPY . /build
RUN make test
RUN make install

FROM debian:bookworm-slim
WORKDIR /build
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /usr/local/go/lib/time/zoneinfo.zip /usr/local/go/lib/time/zoneinfo.zip
COPY --from=build /build /build
COPY --from=build /usr/local/bin/tool /usr/local/bin/tool
CMD ["tool"]
