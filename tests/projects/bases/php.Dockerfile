# In the place of php:8.2-cli: Debian's PHP.
FROM debian:12
RUN apt-get update \
    && apt-get install -y --no-install-recommends autoconf ca-certificates curl dpkg-dev file g++ gcc libc-dev make \
        php-cli php-curl php-mbstring php-xml pkg-config re2c xz-utils \
    && rm -rf /var/lib/apt/lists/*
CMD ["php", "-a"]
