start --listen
id app
stat --format '%A %U %G %s %n' /opt/app/* /opt/app/data/* /opt/app/bin/*
