# In the place of golang:1.19: Debian's Go where the official image has it.
FROM buildpack-deps:bookworm-scm
RUN apt-get update \
    && apt-get install -y --no-install-recommends g++ gcc golang-1.19-go libc6-dev make pkg-config zip \
    && rm -rf /var/lib/apt/lists/* \
    && mkdir -p /usr/local/go \
    && cp -aL /usr/lib/go-1.19/. /usr/local/go/ \
    && mkdir -p /usr/local/go/lib/time && cd /usr/share/zoneinfo && zip -qr0 /usr/local/go/lib/time/zoneinfo.zip . \
    && rm -rf /usr/lib/go-1.19 /usr/share/go-1.19 \
    && mkdir -p /go/src /go/bin && chmod -R 1777 /go
ENV GOLANG_VERSION=1.19.8 GOPATH=/go \
    PATH=/go/bin:/usr/local/go/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
WORKDIR /go
CMD ["bash"]
