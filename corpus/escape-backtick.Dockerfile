# escape=`
# The continuation sign is a backtick; the backslash is an ordinary letter.
FROM debian:12
SHELL ["/bin/sh", "-c"]
RUN apt-get update
RUN apt-get install -y --no-install-recommends `
    curl `
    git
