import click

click.echo("news")
