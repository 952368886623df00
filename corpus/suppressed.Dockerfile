# A comment forbids what would be done.
FROM debian:12
RUN apt-get update
# dopt: ignore=merge-runs reason="the lists change daily, the packages do not"
RUN apt-get install -y --no-install-recommends curl
# dopt: ignore
RUN apt-get update && apt-get install -y --no-install-recommends git
