FROM python:3.12 AS build
RUN apt-get update && apt-get install -y gcc libffi-dev
RUN python -m venv /opt/venv
ENV PATH="/opt/venv/bin:$PATH"
COPY requirements.txt .
RUN pip install -r requirements.txt

FROM python:3.12-slim
RUN apt-get update && apt-get install -y --no-install-recommends curl && rm -rf /var/lib/apt/lists/*
ENV PATH="/opt/venv/bin:$PATH"
COPY --from=build /opt/venv /opt/venv
COPY --from=build /requirements.txt /requirements.txt
COPY src /app/src
WORKDIR /app
HEALTHCHECK CMD curl -f http://localhost:5000/ || exit 1
CMD ["python", "-m", "src.main"]
