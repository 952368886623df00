FROM rust:1.63-bookworm AS build
WORKDIR /app
COPY . .
RUN cargo build --release --locked

FROM debian:bookworm-slim
WORKDIR /app
COPY --from=build /app/settings /app/settings
COPY --from=build /app/target/release/words /app/target/release/words
ENV RUST_BACKTRACE=1
LABEL org.opencontainers.image.title="words"
ENTRYPOINT ["./target/release/words"]
CMD ["one", "two"]
