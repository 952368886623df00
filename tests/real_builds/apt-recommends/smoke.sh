cd /srv/project
git log --format='%an %s'
git status
wget --version | head -n 1
