FROM python:3.11 AS build

WORKDIR /app
RUN apt-get update && apt-get install -y --no-install-recommends build-essential && rm -rf /var/lib/apt/lists/*
COPY requirements.txt ./
RUN pip install --no-cache-dir -r requirements.txt
RUN pip uninstall -y pip

FROM python:3.11-slim
WORKDIR /app
COPY --from=build /usr/local/lib/python3.11/site-packages /usr/local/lib/python3.11/site-packages
COPY --from=build /usr/local/bin /usr/local/bin
COPY --from=build /app/requirements.txt /app/requirements.txt
COPY wordcount ./wordcount
ENTRYPOINT ["python", "-m", "wordcount"]
CMD ["wordcount/__main__.py"]
