FROM gradle:8.5-jdk17 AS build
WORKDIR /work
COPY . .
RUN gradle --no-daemon installDist

FROM eclipse-temurin:17-jre
WORKDIR /work
COPY --from=build /work/build/install /work/build/install
CMD ["build/install/hello/bin/hello"]
