#!/bin/sh
set -e
mkdir -p /data
worker > /data/worker.log
if [ "$1" = "api" ]; then
  echo "starting api"
fi
exec "$@"
