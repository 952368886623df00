make --version | head -n 1
/usr/bin/time -f "" cat /srv/answer
