FROM debian:bookworm AS build
RUN apt-get update && apt-get install -y --no-install-recommends autoconf automake gcc libc6-dev make zlib1g-dev
WORKDIR /src
COPY . .
RUN autoreconf -i && ./configure --prefix=/opt/squeeze && make && make check && make install

FROM debian:bookworm-slim
RUN apt-get update && apt-get install -y --no-install-recommends zlib1g && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY --from=build /opt/squeeze /opt/squeeze
ENV PATH=/opt/squeeze/bin:$PATH
CMD ["/opt/squeeze/bin/squeeze", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"]
