# The steps behind the first one run in another shell.
FROM ubuntu:24.04
RUN ln -sf /bin/bash /bin/sh
RUN mkdir -p /srv/{data,logs}
