FROM debian:bookworm AS build

RUN apt-get update
RUN apt-get install -y golang-go
RUN apt-get install -y ca-certificates

WORKDIR /opt/slug
COPY . .
RUN go build -o /usr/local/bin/slugify

FROM debian:bookworm-slim
RUN apt-get update && apt-get install -y ca-certificates && rm -rf /var/lib/apt/lists/*
WORKDIR /opt/slug
COPY --from=build /opt/slug/banner.txt /opt/slug/banner.txt
COPY --from=build /usr/local/bin/slugify /usr/local/bin/slugify

ENTRYPOINT ["slugify"]
CMD ["Some Words"]
