# The job ends with its step; joined, it would go on.
FROM postgres:16
RUN pg_ctl -D /tmp/db start & sleep 5; createdb app
RUN rm -rf /tmp/db
