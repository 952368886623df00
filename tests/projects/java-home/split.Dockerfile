FROM maven:3.9-eclipse-temurin-17 AS build
WORKDIR /build
COPY . .
RUN mvn -B package

FROM eclipse-temurin:17-jre
ENV MAVEN_HOME=/usr/share/maven
WORKDIR /build
COPY --from=build /build/target/hello-1.0.jar /build/target/hello-1.0.jar
ENV SETTINGS=$MAVEN_HOME/conf
CMD ["java", "-jar", "target/hello-1.0.jar"]
