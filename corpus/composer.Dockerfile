# composer's cache is of no use in an image.
FROM composer:2
WORKDIR /srv/app
COPY . .
RUN composer install --no-dev --no-interaction
