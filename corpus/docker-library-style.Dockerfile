# `set -e`, tabs, and a semicolon at the end of each line.
FROM debian:12
RUN set -eux; \
	apt-get update; \
	apt-get install -y --no-install-recommends \
		ca-certificates \
		curl \
	; \
	curl --version
