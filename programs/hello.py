# The first program of all. No input.
print("Hello, world!")
