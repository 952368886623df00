FROM rust:1.63-bookworm AS build
WORKDIR /build
COPY . .
RUN cargo install --locked --path tool --root /opt/tool

FROM debian:bookworm-slim
WORKDIR /build
COPY --from=build /opt/tool/bin/server-tool /opt/tool/bin/server-tool
WORKDIR /
CMD ["/opt/tool/bin/server-tool", "one"]
