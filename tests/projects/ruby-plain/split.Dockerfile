FROM ruby:3.1-slim-bookworm
WORKDIR /app
COPY Gemfile Gemfile.lock ./
RUN bundle config set --global frozen true && bundle install
COPY . .
CMD ["bundle", "exec", "ruby", "app.rb"]
