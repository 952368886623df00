FROM golang:1.19-bookworm AS build
WORKDIR /src
COPY go.mod ./
COPY cmd ./cmd
COPY internal ./internal
RUN go vet ./... && CGO_ENABLED=0 go build -trimpath -ldflags="-s -w" -o /usr/local/bin/greeter ./cmd/greeter

FROM gcr.io/distroless/static-debian12
WORKDIR /src
COPY --from=build /usr/local/bin/greeter /usr/local/bin/greeter
ENV PORT=18082 TZ=Europe/Berlin
EXPOSE 18082
USER nobody
ENTRYPOINT ["/usr/local/bin/greeter"]
