FROM rust:1.80 AS build

RUN apt-get update && apt-get install -y wget

WORKDIR /usr/src/app

# cache dependencies
COPY Cargo.toml Cargo.lock ./
RUN mkdir src && echo "fn main() {}" > src/main.rs
RUN cargo build --release
RUN rm -rf src

COPY src ./src
COPY assets ./assets
COPY settings.conf .
RUN touch src/main.rs && cargo build --release

RUN adduser --disabled-password --gecos "" --no-create-home web

FROM debian:bookworm-slim
RUN apt-get update && apt-get install -y wget ca-certificates && rm -rf /var/lib/apt/lists/*
RUN adduser --disabled-password --gecos "" --no-create-home web
WORKDIR /usr/src/app
COPY --from=build /usr/src/app/assets /usr/src/app/assets
COPY --from=build /usr/src/app/settings.conf /usr/src/app/settings.conf
COPY --from=build /usr/src/app/target/release/tiny-web /usr/src/app/target/release/tiny-web
USER web
ENV PORT 3000
EXPOSE 3000
HEALTHCHECK CMD wget -q -O - http://localhost:3000/ || exit 1
CMD ["./target/release/tiny-web"]
