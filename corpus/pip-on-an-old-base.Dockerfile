# pip 1.5 stops at an option that it does not know.
FROM debian:8
RUN apt-get update && apt-get install -y python-pip && rm -rf /var/lib/apt/lists/*
RUN pip install flask
