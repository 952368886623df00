import sys

from markupsafe import escape

greeting, *names = sys.argv[1:]
for name in names:
    print(f"{greeting}, {escape(name)}!")
