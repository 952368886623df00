# The base may have set another shell, or options for it.
FROM registry.example.com/team/base:3
RUN mkdir /a; mkdir /b
RUN mkdir /c
