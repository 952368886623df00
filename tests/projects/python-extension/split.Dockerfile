FROM python:3.11 AS build
RUN apt-get update && apt-get install -y gcc && rm -rf /var/lib/apt/lists/*
WORKDIR /usr/src/fib
COPY setup.py fibmodule.c ./
RUN pip install .
RUN pip uninstall -y pip

FROM python:3.11-slim
WORKDIR /usr/src/fib
COPY --from=build /usr/local/lib/python3.11/site-packages /usr/local/lib/python3.11/site-packages
COPY --from=build /usr/local/bin /usr/local/bin
COPY --from=build /usr/src/fib /usr/src/fib
COPY main.py .
CMD ["python", "main.py"]
