FROM maven:3.9 AS build
WORKDIR /build
COPY pom.xml .
COPY src ./src
RUN mvn -B package -DskipTests

FROM eclipse-temurin:17-jre
WORKDIR /build
COPY --from=build /build/target/hello-1.0.jar /build/target/hello-1.0.jar
EXPOSE 8080
CMD ["java", "-jar", "target/hello-1.0.jar"]
