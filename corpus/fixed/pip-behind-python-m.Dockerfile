# pip has many names.
FROM python:3.12
RUN python -m pip install --no-cache-dir --upgrade pip setuptools
COPY requirements.txt .
RUN /usr/local/bin/pip3 -q install --no-cache-dir -r requirements.txt && python3.12 -m pip install --no-cache-dir gunicorn
