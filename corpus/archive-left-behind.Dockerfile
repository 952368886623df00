FROM debian:12
ARG VERSION=1.22.5
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates curl && rm -rf /var/lib/apt/lists/*
RUN set -eux; \
	curl -fsSLO "https://go.dev/dl/go$VERSION.linux-amd64.tar.gz"; \
	tar -C /usr/local -xzf "go$VERSION.linux-amd64.tar.gz"; \
	/usr/local/go/bin/go version
