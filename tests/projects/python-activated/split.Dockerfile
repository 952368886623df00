FROM python:3.11 AS build
RUN apt-get update && apt-get -y install gcc libffi-dev musl-dev
COPY . /opt/app
WORKDIR /opt/app
RUN python -m venv /venv && . /venv/bin/activate && pip install --upgrade pip && pip install -r requirements.txt

FROM python:3.11-slim
WORKDIR /opt/app
COPY --from=build /opt/app /opt/app
COPY --from=build /venv /venv
ENV PATH=/venv/bin:$PATH VIRTUAL_ENV=/venv
CMD ["sh", "-c", "gunicorn -b 0.0.0.0:$PORT wsgi:app"]
