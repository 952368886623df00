FROM eclipse-temurin:17 AS build
WORKDIR /app
COPY src .
RUN javac Hello.java && jar cfe /app/hello.jar Hello Hello.class greeting.txt

FROM eclipse-temurin:17-jre
WORKDIR /app
COPY --from=build /app /app
ENV JAVA_OPTS=-Xmx64m
ENTRYPOINT exec java $JAVA_OPTS -jar /app/hello.jar
