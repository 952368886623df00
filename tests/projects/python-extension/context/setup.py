from setuptools import Extension, setup

setup(name="fib", version="1.0", ext_modules=[Extension("fib", ["fibmodule.c"])])
