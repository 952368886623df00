semver -i minor 1.2.3
prettier --version
cat /srv/file.json
