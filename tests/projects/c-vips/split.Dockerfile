FROM debian:bookworm AS build
RUN apt-get update && apt-get install -y gcc libvips-dev pkg-config
COPY length.c /src/
RUN cd /src && gcc -o /usr/local/bin/length length.c

FROM debian:bookworm-slim
RUN apt-get update && apt-get install -y --no-install-recommends libvips42 && rm -rf /var/lib/apt/lists/*
COPY --from=build /usr/local/bin/length /usr/local/bin/length
CMD ["length"]
