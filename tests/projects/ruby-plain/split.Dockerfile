FROM ruby:3.1-bookworm AS build
WORKDIR /app
COPY Gemfile Gemfile.lock ./
RUN bundle config set --global frozen true && bundle install

FROM ruby:3.1-slim-bookworm
WORKDIR /app
COPY --from=build /usr/local/bundle /usr/local/bundle
COPY --from=build /app/Gemfile /app/Gemfile
COPY --from=build /app/Gemfile.lock /app/Gemfile.lock
COPY . .
CMD ["bundle", "exec", "ruby", "app.rb"]
