FROM python:3.11-bookworm AS build
RUN ["apt-get", "update"]
RUN ["apt-get", "install", "-y", "gcc", "libpq-dev", "libxml2-dev", "libxslt1-dev", "vim"]
RUN mkdir -p /usr/src/app
WORKDIR /usr/src/app
COPY requirements.txt /usr/src/app/
RUN ["pip", "install", "--no-cache-dir", "-r", "requirements.txt"]
RUN pip uninstall -y pip

FROM python:3.11-slim-bookworm
RUN apt-get update && apt-get install -y vim libpq5 libxml2 libxslt1.1 && rm -rf /var/lib/apt/lists/*
WORKDIR /usr/src/app
COPY --from=build /usr/local/lib/python3.11/site-packages /usr/local/lib/python3.11/site-packages
COPY --from=build /usr/local/bin /usr/local/bin
COPY --from=build /usr/src/app /usr/src/app
COPY . /usr/src/app
ENV FLASK_APP=app.py FLASK_RUN_HOST=0.0.0.0
CMD ["python", "-m", "flask", "run"]
