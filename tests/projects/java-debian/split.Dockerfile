FROM ubuntu:22.04 AS build
RUN apt-get update && apt-get install -y openjdk-17-jdk
RUN mkdir /app
COPY Main.java /app/
WORKDIR /app
RUN javac Main.java

FROM ubuntu:22.04
RUN apt-get update && apt-get install -y openjdk-17-jre-headless && rm -rf /var/lib/apt/lists/*
WORKDIR /app
COPY --from=build /app /app
CMD ["java", "-cp", "/app", "Main"]
