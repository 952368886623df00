FROM debian:bookworm AS build
RUN apt-get update \
 && apt-get install -y --no-install-recommends cmake g++ make libssl-dev \
 && rm -rf /var/lib/apt/lists/*
COPY . /src
RUN cmake -S /src -B /build -DCMAKE_BUILD_TYPE=Release && cmake --build /build -j 2 && cmake --install /build && ldconfig

FROM debian:bookworm-slim
RUN apt-get update && apt-get install -y --no-install-recommends libssl3 ca-certificates && rm -rf /var/lib/apt/lists/*
COPY --from=build /usr/local /usr/local
RUN ldconfig
ENTRYPOINT ["digest"]
CMD ["hello"]
