# apt is apt-get with another face.
FROM ubuntu:24.04
RUN apt update && apt install -y nano && apt clean
