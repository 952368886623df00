#!/usr/bin/env bash
set -o errexit
set -o nounset

if [ -n "${POSTGRES_HOST:-}" ]; then
  until nc -z "$POSTGRES_HOST" 5432; do
    echo "Postgres is unavailable - sleeping"
    sleep 1
  done
fi
python manage.py migrate --noinput
exec "$@"
