# syntax=docker/dockerfile:1
# check=skip=JSONArgsRecommended
# Comments for other tools stay above the instruction that they speak about.
FROM debian:12
RUN mkdir /srv/data
# hadolint ignore=DL3003
RUN cd /srv/data && mkdir a
