import fib

print(fib.nth(90))
