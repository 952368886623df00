FROM debian:bookworm AS build
RUN apt-get update && apt-get install -y --no-install-recommends gcc libc6-dev libsqlite3-dev make && rm -rf /var/lib/apt/lists/*
WORKDIR /opt/notes
COPY . .
RUN make && make install PREFIX=/opt/notes

FROM debian:bookworm-slim
RUN apt-get update && apt-get install -y --no-install-recommends libsqlite3-0 && rm -rf /var/lib/apt/lists/*
WORKDIR /opt/notes
COPY --from=build /opt/notes /opt/notes
USER nobody
CMD ["/opt/notes/bin/notes"]
