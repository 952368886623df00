FROM gcc:12-bookworm AS build
COPY . /usr/src/length
WORKDIR /usr/src/length
RUN make

FROM debian:bookworm-slim
WORKDIR /usr/src/length
COPY --from=build /usr/src/length /usr/src/length
CMD ["./length", "twelve bytes"]
