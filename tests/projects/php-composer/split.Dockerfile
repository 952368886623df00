FROM php:8.2-cli AS build
RUN apt-get update && apt-get install -y \
    git \
    unzip \
    composer
WORKDIR /app
COPY . /app
RUN composer install
RUN php tests/run.php

FROM php:8.2-cli
WORKDIR /app
COPY --from=build /app /app
ENV APP_ENV=prod
EXPOSE 18095
CMD ["php", "-S", "0.0.0.0:18095", "-t", "public"]
