FROM python:3.12-slim

ENV PYTHONUNBUFFERED=1
WORKDIR /srv/app

RUN apt-get update \
    && apt-get install -y --no-install-recommends \
    curl \
    libpq5 \
    && rm -rf /var/lib/apt/lists/*

# The start script waits for the database with it.
RUN curl -fsSLo /tmp/dockerize.tar.gz https://example.com/dockerize-linux-amd64.tar.gz \
    && tar -xzf /tmp/dockerize.tar.gz -C /usr/local/bin \
    && rm /tmp/dockerize.tar.gz

COPY requirements.txt .
RUN pip install --no-cache-dir -r requirements.txt

COPY . .
RUN useradd --system app \
    && mkdir -p media static && chown app media static

USER app
EXPOSE 8000
CMD ["gunicorn", "--bind=0.0.0.0:8000", "app.wsgi"]
