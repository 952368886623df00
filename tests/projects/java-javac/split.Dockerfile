FROM eclipse-temurin:17-jdk AS build
WORKDIR /app
COPY . .
RUN javac -d classes src/Hello.java && cp src/greeting.txt classes/

FROM eclipse-temurin:17-jre
WORKDIR /app
COPY --from=build /app/classes /app/classes
COPY --from=build /app/src /app/src
USER 1000:1000
CMD ["java", "-Xmx64m", "-cp", "classes", "Hello"]
