FROM gcc:12-bookworm AS build
COPY --chown=1000:1000 . /src
RUN make -C /src

FROM debian:bookworm-slim
RUN mkdir -p /src && chown 1000:1000 /src
COPY --from=build /src /src
WORKDIR /src
USER 1000
CMD ["./length"]
