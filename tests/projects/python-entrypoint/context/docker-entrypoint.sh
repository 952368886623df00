#!/bin/sh
set -e
exec python greet.py "$GREETING" "$@"
