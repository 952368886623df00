# In the place of distroless/static: certificates, time zones, users, and nothing that runs.
FROM debian:12 AS made
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates netbase tzdata \
    && mkdir -p /made/etc/ssl/certs /made/usr/share /made/tmp /made/home/nonroot /made/root \
    && cp -L /etc/ssl/certs/ca-certificates.crt /made/etc/ssl/certs/ && cp -a /usr/share/zoneinfo /made/usr/share/ \
    && cp /etc/os-release /etc/protocols /etc/services /made/etc/ && chmod 1777 /made/tmp \
    && printf 'root:x:0:0:root:/root:/sbin/nologin\nnobody:x:65534:65534:nobody:/nonexistent:/sbin/nologin\nnonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin\n' > /made/etc/passwd \
    && printf 'root:x:0:\nnobody:x:65534:\nnonroot:x:65532:\n' > /made/etc/group && chown 65532:65532 /made/home/nonroot
FROM scratch
COPY --from=made /made /
ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt
WORKDIR /
