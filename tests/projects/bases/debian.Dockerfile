# In the place of debian:12 and its slim variant: apt is set up as in the official image.
FROM example.com/debian:12
COPY official /etc/apt/apt.conf.d/
