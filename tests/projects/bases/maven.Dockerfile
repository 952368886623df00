# In the place of maven:3.8 with Temurin: Debian's Maven, and the plugins that Debian has, which are all that it is
# asked for.
FROM eclipse-temurin:17
RUN apt-get update \
    && apt-get install -y --no-install-recommends git maven maven-debian-helper \
    && rm -rf /var/lib/apt/lists/*
ENV MAVEN_HOME=/usr/share/maven MAVEN_CONFIG=/root/.m2
CMD ["mvn"]
