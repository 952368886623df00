FROM mcr.microsoft.com/dotnet/sdk:8.0.404-bookworm-slim AS build
WORKDIR /src
COPY . .
RUN dotnet publish Hello/Hello.csproj --configuration Release --output /src/out

FROM mcr.microsoft.com/dotnet/runtime:8.0-bookworm-slim
WORKDIR /src
COPY --from=build /src/out /src/out
CMD dotnet /src/out/Hello.dll
