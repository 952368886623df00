cd /opt/words
sha256sum -c checksum
command -v xz bzip2 || echo neither
