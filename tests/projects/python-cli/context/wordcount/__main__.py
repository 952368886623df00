from collections import Counter
from pathlib import Path

import click


@click.command()
@click.argument("files", nargs=-1, type=click.Path(exists=True))
@click.option("--top", default=3, show_default=True)
def main(files, top):
    """Print the most frequent words of FILES."""
    words = Counter()
    for name in files:
        words.update(Path(name).read_text().split())
    for word, count in words.most_common(top):
        click.echo(f"{count:5} {word}")


if __name__ == "__main__":
    main()
