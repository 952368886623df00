FROM gcc:12 AS build
WORKDIR /src
COPY length.c .
RUN gcc -O2 -static -o /length length.c

FROM gcr.io/distroless/static-debian12
WORKDIR /src
COPY --from=build /length /length
USER nobody
ENTRYPOINT ["/length"]
CMD ["static"]
