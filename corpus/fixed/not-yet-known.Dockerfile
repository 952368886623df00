# Not yet: the caches of Go, Cargo, RubyGems, pacman and Maven are left alone.
FROM golang:1.23
RUN go install example.com/tool@latest
FROM rust:1.83
RUN cargo install ripgrep
FROM ruby:3.3
RUN gem install rails
FROM archlinux
RUN pacman -Syu --noconfirm git && rm -rf /var/cache/pacman/pkg/*
FROM maven:3
RUN mvn -q package
