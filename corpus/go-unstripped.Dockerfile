# A third of the program is there for debuggers, which the last stage does not have.
FROM golang:1.24 AS build
WORKDIR /src
COPY . .
RUN CGO_ENABLED=0 go build -o /server ./cmd/server
FROM scratch
COPY --from=build /server /server
ENTRYPOINT ["/server"]
