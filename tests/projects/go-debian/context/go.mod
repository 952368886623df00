module github.com/acme/slugify

go 1.19
