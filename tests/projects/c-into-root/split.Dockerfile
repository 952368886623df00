FROM debian:bookworm AS build
RUN apt-get update && apt-get install -y gcc libc6-dev make
COPY . /
RUN make -C /src

FROM debian:bookworm-slim
COPY --from=build /etc/length.conf /etc/length.conf
COPY --from=build /src /src
CMD ["/src/length"]
