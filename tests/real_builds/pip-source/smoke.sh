python -c 'import docopt; print(docopt.docopt("Usage: it <name>", ["me"]))'
test -e /tmp/build || echo nothing left
