/venv/bin/python -c 'import click, yaml; print(yaml.safe_load("a: [1, 2]"), click.style("x", bold=True).encode())'
