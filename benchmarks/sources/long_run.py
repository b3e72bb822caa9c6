# Which first number has the longest Collatz sequence so far? Never ends, and uses few cells: for runs of any length.
best = 0
start = 0
while True:
    start = start + 1
    n = start
    length = 0
    while n != 1:
        if n % 2 == 0:
            n = n // 2
        else:
            n = 3 * n + 1
        length = length + 1
    if length > best:
        best = length
        print(start, length)
