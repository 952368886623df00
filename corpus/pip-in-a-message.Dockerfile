# What is printed is not run.
FROM python:3.12
RUN echo "to add packages: pip install NAME" > /etc/motd
