# In the place of python:3.11-slim: Debian's Python, and its packages where the official image has them.
FROM debian:12
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates netbase python3-pip python3-venv tzdata \
    && rm -rf /var/lib/apt/lists/* /usr/lib/python3*/EXTERNALLY-MANAGED \
    && for name in python python3 python3.11; do ln -s /usr/bin/python3.11 /usr/local/bin/$name; done \
    && mkdir -p /usr/local/lib/python3.11/site-packages \
    && rm -rf /usr/local/lib/python3.11/dist-packages \
    && ln -s site-packages /usr/local/lib/python3.11/dist-packages
ENV PYTHON_VERSION=3.11.2 LANG=C.UTF-8
CMD ["python3"]
