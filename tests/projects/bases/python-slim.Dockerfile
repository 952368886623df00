# In the place of python:3.11-slim: Debian's Python where the official image has it.
FROM debian:12
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates netbase python3-pip python3-venv tzdata \
    && rm -rf /var/lib/apt/lists/* /usr/lib/python3*/EXTERNALLY-MANAGED \
    && for name in python python3 python3.11; do ln -s /usr/bin/python3.11 /usr/local/bin/$name; done
ENV PYTHON_VERSION=3.11.2 LANG=C.UTF-8
CMD ["python3"]
