# Nobody sees what the script does with the lists.
FROM debian:12
RUN apt-get update && apt-get install -y --no-install-recommends curl
COPY install-tools.sh /opt/
RUN /opt/install-tools.sh
