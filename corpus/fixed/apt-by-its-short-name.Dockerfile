# apt is apt-get with another face.
FROM ubuntu:24.04
RUN apt-get update && apt-get install -y nano && apt-get clean && rm -rf /var/lib/apt/lists/*
