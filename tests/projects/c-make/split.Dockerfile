FROM gcc:12-bookworm AS build
COPY . /usr/src/length
WORKDIR /usr/src/length
RUN make

FROM debian:bookworm-slim
WORKDIR /usr/src/length
COPY --from=build /usr/src/length/length /usr/src/length/length
CMD ["./length", "twelve bytes"]
