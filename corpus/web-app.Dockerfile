FROM python:3.12-slim

ENV PYTHONUNBUFFERED=1
WORKDIR /srv/app

RUN apt-get update
RUN apt-get install -y --no-install-recommends \
    curl \
    libpq5

# The start script waits for the database with it.
RUN curl -fsSLo /tmp/dockerize.tar.gz https://example.com/dockerize-linux-amd64.tar.gz
RUN tar -xzf /tmp/dockerize.tar.gz -C /usr/local/bin
RUN rm /tmp/dockerize.tar.gz

COPY requirements.txt .
RUN pip install -r requirements.txt

COPY . .
RUN useradd --system app
RUN mkdir -p media static && chown app media static

USER app
EXPOSE 8000
CMD ["gunicorn", "--bind=0.0.0.0:8000", "app.wsgi"]
