# Keywords may be written in any case.
from debian:12
run mkdir /a \
    && mkdir /b
