FROM rust:1.75-bookworm AS build
WORKDIR /usr/src/greeter
COPY . .
RUN cargo build --release

FROM debian:bookworm-slim
WORKDIR /usr/src/greeter
COPY --from=build /usr/src/greeter/target/release/greeter /usr/src/greeter/target/release/greeter
EXPOSE 8080
CMD ["/usr/src/greeter/target/release/greeter", "one", "two"]
