# The lists lie in a layer of their own, and a cached update meets a new install.
FROM debian:12
RUN apt-get update
RUN apt-get install -y --no-install-recommends git
CMD ["git", "--version"]
