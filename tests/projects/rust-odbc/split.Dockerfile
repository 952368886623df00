FROM rust:1.75-bookworm AS build
WORKDIR /app
COPY . .
RUN cargo build --release

FROM debian:bookworm-slim
RUN apt-get update && apt-get install -y --no-install-recommends libodbc2 libodbccr2 libodbcinst2 && rm -rf /var/lib/apt/lists/*
WORKDIR /app
COPY --from=build /app/target/release/words /app/target/release/words
CMD ["./target/release/words"]
