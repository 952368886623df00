FROM debian:12 AS build
RUN apt-get update && apt-get install -y --no-install-recommends gcc libc6-dev meson
WORKDIR /src
COPY . .
RUN meson setup --buildtype=release build && meson compile -C build && cp build/length /usr/bin/length && chmod 755 /usr/bin/length

FROM debian:12-slim
WORKDIR /src
COPY --from=build /usr/bin/length /usr/bin/length
CMD ["length", "meson"]
