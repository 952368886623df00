# What runs through sudo is cleaned through sudo.
FROM ubuntu:24.04
USER ubuntu
RUN sudo apt-get update && sudo apt-get install -y --no-install-recommends curl \
    && sudo rm -rf /var/lib/apt/lists/*
