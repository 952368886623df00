FROM python:3.11 AS build
WORKDIR /srv/app
COPY requirements.txt requirements.txt
RUN pip install --no-cache-dir -r requirements.txt uwsgi
COPY . .
RUN python init_db.py
RUN adduser --disabled-password --gecos '' www && chown -R www:www /srv/app
RUN pip uninstall -y pip

FROM python:3.11-slim
RUN apt-get update && apt-get install -y --no-install-recommends libxml2 libyaml-0-2 adduser && rm -rf /var/lib/apt/lists/*
RUN adduser --disabled-password --gecos '' www && mkdir -p /srv/app && chown www:www /srv/app
WORKDIR /srv/app
COPY --from=build /usr/local/lib/python3.11/site-packages /usr/local/lib/python3.11/site-packages
COPY --from=build /usr/local/bin /usr/local/bin
COPY --from=build /srv/app /srv/app
USER www
EXPOSE 9000
CMD ["uwsgi", "--ini", "uwsgi.ini"]
