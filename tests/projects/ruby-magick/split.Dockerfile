FROM ruby:3.3 AS build
WORKDIR /app
COPY . .
RUN bundle install

FROM ruby:3.3-slim
RUN apt-get update && apt-get install -y --no-install-recommends imagemagick && rm -rf /var/lib/apt/lists/*
WORKDIR /app
COPY --from=build /usr/local/bundle /usr/local/bundle
COPY --from=build /app/Gemfile /app/Gemfile
COPY --from=build /app/Gemfile.lock /app/Gemfile.lock
COPY --from=build /app/app.rb /app/app.rb
CMD ["bundle", "exec", "ruby", "app.rb"]
