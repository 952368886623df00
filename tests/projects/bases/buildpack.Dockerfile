# In the place of buildpack-deps and of gcc: the more usual of what they have.
FROM buildpack-deps:bookworm-scm
RUN apt-get update \
    && apt-get install -y --no-install-recommends autoconf automake bzip2 dpkg-dev file g++ gcc libbz2-dev libc6-dev \
        libcurl4-openssl-dev libffi-dev liblzma-dev libncurses-dev libpq-dev libreadline-dev libsqlite3-dev libssl-dev \
        libtool libxml2-dev libyaml-dev make patch pkg-config unzip xz-utils zlib1g-dev \
    && rm -rf /var/lib/apt/lists/*
CMD ["bash"]
