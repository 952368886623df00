# The shell never sees the comments, so text must not be put at their end.
FROM debian:12
RUN apt-get update && \
    # what the build needs
    apt-get install -y --no-install-recommends \
    make \
    # what the program needs
    libpq5 && \
    rm -rf /var/lib/apt/lists/*
