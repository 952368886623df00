# The shell of the steps is Bash, with options of its own.
FROM debian:12
SHELL ["/bin/bash", "-euo", "pipefail", "-c"]
RUN apt-get update; apt-get install -y --no-install-recommends curl
RUN curl -fsSL https://example.com/a.tar.gz | tar -xz -C /opt
RUN rm -r /opt/a/docs
