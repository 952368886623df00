FROM python:3.11 AS build
RUN useradd --create-home --uid 1001 app
WORKDIR /home/app
RUN apt-get update && apt-get install -y --no-install-recommends build-essential && rm -rf /var/lib/apt/lists/*
COPY --chown=app:app requirements.txt .
RUN pip install --no-cache-dir -r requirements.txt
RUN pip uninstall -y pip

FROM python:3.11-slim
RUN useradd --create-home --uid 1001 app
WORKDIR /home/app
COPY --from=build /usr/local/lib/python3.11/site-packages /usr/local/lib/python3.11/site-packages
COPY --from=build /usr/local/bin /usr/local/bin
COPY --chown=app:app . .
USER app
VOLUME /home/app/data
ENV PYTHONUNBUFFERED=1
CMD ["python", "store.py"]
