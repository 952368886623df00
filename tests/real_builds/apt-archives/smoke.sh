file --brief /usr/bin/file | cut -d , -f 1
ls /var/cache/apt/archives
