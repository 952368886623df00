# In the place of ruby:3.1-slim: Debian's Ruby.
FROM debian:12
RUN apt-get update \
    && apt-get install -y --no-install-recommends bundler ca-certificates ruby ruby-dev \
    && rm -rf /var/lib/apt/lists/*
ENV LANG=C.UTF-8 RUBY_VERSION=3.1.2 GEM_HOME=/usr/local/bundle BUNDLE_APP_CONFIG=/usr/local/bundle \
    BUNDLE_SILENCE_ROOT_WARNING=1 PATH=/usr/local/bundle/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
RUN mkdir -p "$GEM_HOME" && chmod 1777 "$GEM_HOME"
CMD ["irb"]
