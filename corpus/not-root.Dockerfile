# Who is not root fetches no lists into the folder of the system, and deletes none.
FROM debian:12
USER 1000
RUN apt-get update && apt-get install -y --no-install-recommends curl
