FROM gcc:12-bookworm AS build
WORKDIR /src
VOLUME /var/length
COPY lines.txt /var/length/
COPY Makefile length.c ./
RUN make

FROM debian:bookworm-slim
WORKDIR /src
VOLUME /var/length
COPY --from=build /src /src
COPY --from=build /var/length/lines.txt /var/length/lines.txt
CMD ["./length"]
