# syntax=docker/dockerfile:1
# The body is no shell text, whatever it looks like.
FROM python:3.12
RUN <<EOF
#!/usr/bin/env python3
import subprocess
subprocess.run("apt-get update && apt-get install -y curl", shell=True, check=True)
EOF
