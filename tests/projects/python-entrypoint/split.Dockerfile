FROM python:3.11 AS build
LABEL org.opencontainers.image.title="greeter"
WORKDIR /opt/greeter
RUN apt-get update && \
    apt-get install -y gcc g++ make && \
    rm -rf /var/lib/apt/lists/*
COPY requirements.txt .
RUN pip install --upgrade pip && pip install -r requirements.txt
COPY . .
RUN chmod +x docker-entrypoint.sh
RUN pip uninstall -y pip

FROM python:3.11-slim
LABEL org.opencontainers.image.title="greeter"
WORKDIR /opt/greeter
COPY --from=build /usr/local/lib/python3.11/site-packages /usr/local/lib/python3.11/site-packages
COPY --from=build /usr/local/bin /usr/local/bin
COPY --from=build /opt/greeter /opt/greeter
ENV GREETING=Hello
ENTRYPOINT ["./docker-entrypoint.sh"]
CMD ["world"]
