#!/bin/bash
set -e
CONF=${SRV_CONF:-/etc/srv/srv.conf}
echo "using $CONF" >&2
exec /opt/srv/bin/srv "$CONF"
