# The service ends with its step; joined, it would still run while its files are deleted.
FROM debian:12
RUN service postgresql start && su postgres -c "createdb app"
RUN rm -rf /var/log/postgresql
