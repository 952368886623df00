python3 -c 'import six, tomli; print(tomli.loads("a = 1"), six.PY3)'
command -v pip3 || echo no pip3
