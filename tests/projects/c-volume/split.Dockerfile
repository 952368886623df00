FROM gcc:12-bookworm AS build
WORKDIR /src
VOLUME /src
COPY . .
RUN make

FROM debian:bookworm-slim
WORKDIR /src
VOLUME /src
COPY --from=build /src /src
CMD ["./length"]
