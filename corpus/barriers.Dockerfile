# Nothing is moved across an instruction that changes what a step sees.
FROM debian:12
RUN mkdir /a
ENV A=1
RUN mkdir /b
WORKDIR /c
RUN mkdir d
USER www-data
RUN mkdir /tmp/e
COPY . .
RUN mkdir /tmp/f
