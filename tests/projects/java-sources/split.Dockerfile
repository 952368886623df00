FROM eclipse-temurin:17-jdk AS build
WORKDIR /usr/src/app
COPY src ./src
COPY resources ./resources
COPY conf ./conf
RUN find src -name "*.java" > sources.txt && javac -d out @sources.txt && cp resources/message.txt out/
RUN jar --create --file app.jar --main-class app.Main -C out .

FROM eclipse-temurin:17-jre
RUN apt-get update && apt-get install -y --no-install-recommends curl && rm -rf /var/lib/apt/lists/*
WORKDIR /usr/src/app
COPY --from=build /usr/src/app/app.jar /usr/src/app/app.jar
COPY --from=build /usr/src/app/conf /usr/src/app/conf
COPY --from=build /usr/src/app/out /usr/src/app/out
COPY --from=build /usr/src/app/resources /usr/src/app/resources
COPY --from=build /usr/src/app/sources.txt /usr/src/app/sources.txt
EXPOSE 18171
HEALTHCHECK CMD curl -f http://localhost:18171/ || exit 1
ENTRYPOINT ["java", "-jar", "/usr/src/app/app.jar"]
