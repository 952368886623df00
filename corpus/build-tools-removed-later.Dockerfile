# The compiler is in the image as long as another layer removes it.
FROM alpine:3.20
RUN apk add --no-cache --virtual .build gcc musl-dev
RUN gcc -O2 -o /usr/local/bin/tool /src/tool.c
RUN apk del .build
