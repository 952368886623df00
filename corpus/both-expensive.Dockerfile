# Joined, a change to one step would repeat the other.
FROM python:3.12
RUN pip install --no-cache-dir -r https://example.com/requirements.txt
RUN python -m compileall -q /usr/local/lib
