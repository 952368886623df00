# What mmdebstrap has made, with the certificates of this machine: a Debian whose apt keeps what it downloads.
FROM scratch
ADD rootfs.tar /
COPY machine /etc/
CMD ["bash"]
