# The author writes `&&` at the start of a line, so what is added has it there.
FROM debian:12
RUN apt-get update \
 && apt-get install -y --no-install-recommends \
      curl \
      git \
 && rm -rf /var/lib/apt/lists/*
