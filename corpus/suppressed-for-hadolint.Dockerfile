# A comment for hadolint forbids the transform that does what its rule asks for.
FROM python:3.12
# hadolint ignore=DL3009
RUN apt-get update && apt-get install -y --no-install-recommends curl
# hadolint ignore=DL3042
RUN pip install flask
