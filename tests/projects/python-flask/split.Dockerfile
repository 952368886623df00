FROM python:3.11 AS build
ENV PYTHONUNBUFFERED=1
WORKDIR /srv/app
RUN apt-get update && apt-get install -y gcc libffi-dev
COPY . .
RUN pip install -r requirements.txt
RUN pip uninstall -y pip

FROM python:3.11-slim
ENV PYTHONUNBUFFERED=1
WORKDIR /srv/app
COPY --from=build /usr/local/lib/python3.11/site-packages /usr/local/lib/python3.11/site-packages
COPY --from=build /usr/local/bin /usr/local/bin
COPY --from=build /srv/app /srv/app
EXPOSE 18121
CMD ["gunicorn", "--bind", "0.0.0.0:18121", "app:app"]
