FROM ruby:3.3 AS build
WORKDIR /app
COPY Gemfile Gemfile.lock ./
RUN bundle install --jobs 4

FROM ruby:3.3-slim
RUN apt-get update && apt-get install -y --no-install-recommends libpq5 && rm -rf /var/lib/apt/lists/*
WORKDIR /app
COPY --from=build /usr/local/bundle /usr/local/bundle
COPY --from=build /app/Gemfile /app/Gemfile
COPY --from=build /app/Gemfile.lock /app/Gemfile.lock
COPY . .
EXPOSE 9292
CMD ["bundle", "exec", "rackup", "--host", "0.0.0.0"]
