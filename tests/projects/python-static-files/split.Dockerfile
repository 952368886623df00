FROM python:3.11 AS build
RUN apt-get update \
  && apt-get install --no-install-recommends -y build-essential curl git libpq-dev netcat-openbsd \
  && apt-get clean -y && rm -rf /var/lib/apt/lists/*
WORKDIR /code
COPY requirements.txt ./
RUN pip install -r requirements.txt
COPY docker/entrypoint.sh /docker-entrypoint.sh
RUN chmod +x '/docker-entrypoint.sh' && groupadd -r web && useradd -d /code -r -g web web \
  && chown web:web -R /code && mkdir -p /var/www/static && chown web:web /var/www/static
COPY --chown=web:web . /code
USER web
RUN python manage.py collectstatic --noinput

FROM python:3.11-slim
RUN apt-get update && apt-get install -y --no-install-recommends curl netcat-openbsd libpq5 && rm -rf /var/lib/apt/lists/*
RUN groupadd -r web && useradd -d /code -r -g web web && mkdir -p /code /var/www/static && chown web:web /code /var/www/static
WORKDIR /code
USER web
COPY --from=build /usr/local/lib/python3.11/site-packages /usr/local/lib/python3.11/site-packages
COPY --from=build /usr/local/bin /usr/local/bin
COPY --from=build /code /code
COPY --from=build /docker-entrypoint.sh /docker-entrypoint.sh
COPY --from=build /var/www/static /var/www/static
VOLUME ["/var/www/media"]
EXPOSE 8000
ENTRYPOINT ["/docker-entrypoint.sh"]
CMD ["gunicorn", "shop.wsgi", "--bind=0.0.0.0:8000"]
