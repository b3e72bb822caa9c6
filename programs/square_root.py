# Digits of a square root: Newton's method on integers, scaled by a power of ten.
# Input: the number and how many decimals.


def integer_root(n):
    # The largest r with r * r <= n.
    guess = 1
    while guess * guess <= n:
        guess *= 2
    while guess * guess > n:
        guess = (guess + n // guess) // 2
    return guess


numbers = list(map(int, input().split()))
scale = 10 ** numbers[1]
whole, decimals = divmod(integer_root(numbers[0] * scale * scale), scale)
print(whole, end=".")
while scale > 1:
    scale //= 10
    print(decimals // scale % 10, end="")
print()
