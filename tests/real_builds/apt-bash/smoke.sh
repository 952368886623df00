cat /srv/lib/mode
tree -p /srv
