# Only `--unsafe-fixes` leaves them out: something may rely on them.
FROM debian:12
RUN apt-get update && apt-get install -y git poppler-utils && rm -rf /var/lib/apt/lists/*
