FROM gcc:12-bookworm AS build
WORKDIR /src
COPY . .
RUN gcc -O2 -Wall -o /usr/local/bin/length length.c

FROM debian:bookworm-slim
WORKDIR /src
COPY --from=build /usr/local/bin/length /usr/local/bin/length
VOLUME /data
WORKDIR /data
CMD ["length", "abc"]
