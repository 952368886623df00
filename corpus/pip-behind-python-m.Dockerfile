# pip has many names.
FROM python:3.12
RUN python -m pip install --upgrade pip setuptools
COPY requirements.txt .
RUN /usr/local/bin/pip3 -q install -r requirements.txt && python3.12 -m pip install gunicorn
