# What comes behind the last installation may remove the package manager's friends.
FROM rockylinux:9
RUN dnf -y install gcc make && dnf clean all && make -C /src && dnf -y remove gcc
