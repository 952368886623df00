FROM rust:1.63-slim-bookworm AS build
RUN useradd --uid 1001 --create-home counter
COPY Cargo.toml Cargo.lock /usr/src/words/
COPY src /usr/src/words/src
RUN cd /usr/src/words && cargo test && cargo build --release && cp target/release/count /usr/local/bin/ && rm -rf target

FROM debian:bookworm-slim
RUN useradd --uid 1001 --create-home counter
COPY --from=build /usr/local/bin/count /usr/local/bin/count
USER counter
WORKDIR /home/counter
CMD exec count one two three
