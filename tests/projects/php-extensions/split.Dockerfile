FROM php:8.2-apache-bookworm AS build

RUN apt-get update && apt-get install -y \
    git \
    unzip \
    libicu-dev \
    libzip-dev

RUN docker-php-ext-install -j$(nproc) intl zip pdo_mysql
RUN pecl install apcu && docker-php-ext-enable apcu
RUN a2enmod rewrite && sed -i 's!/var/www/html!/var/www/html/public!' /etc/apache2/sites-available/000-default.conf

COPY --from=composer:2 /usr/bin/composer /usr/bin/composer
COPY docker/shop.ini /usr/local/etc/php/conf.d/

COPY . .
RUN composer install --no-dev --no-interaction
RUN chown -R www-data:www-data /var/www/html

FROM php:8.2-apache-bookworm
RUN apt-get update && apt-get install -y --no-install-recommends libicu72 libzip4 && rm -rf /var/lib/apt/lists/*
RUN mkdir -p /var/www/html && chown www-data:www-data /var/www/html
COPY --from=build /usr/local/etc/php/conf.d /usr/local/etc/php/conf.d
COPY --from=build /usr/local/lib/php/extensions /usr/local/lib/php/extensions
COPY --from=build /var/www/html /var/www/html
RUN a2enmod rewrite && sed -i 's!/var/www/html!/var/www/html/public!' /etc/apache2/sites-available/000-default.conf
