# Digits of pi by the spigot algorithm of Rabinowitz and Wagon (1995): pi in a mixed-radix system, in
# which every digit is 2, is converted to base ten with small integers only.
# Input: how many digits.
n = int(input())
terms = [2] * (10 * n // 3 + 2)
digits = [0]
for _ in range(n):
    carry = 0
    for i in range(len(terms) - 1, 0, -1):
        value = 10 * terms[i] + carry
        carry = value // (2 * i + 1) * i
        terms[i] = value % (2 * i + 1)
    value = 10 * terms[0] + carry
    terms[0] = value % 10
    digits.append(value // 10)
    last = len(digits) - 1
    while digits[last] == 10:
        digits[last] = 0
        last -= 1
        digits[last] += 1
print("3.", end="")
for i in range(2, len(digits)):
    print(digits[i], end="")
print()
