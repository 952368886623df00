# Nothing in the file uses the first stage, so it is there for `--target`.
FROM debian:12 AS test
RUN apt-get update && apt-get install -y --no-install-recommends make

FROM debian:12
RUN apt-get update && apt-get install -y --no-install-recommends curl
