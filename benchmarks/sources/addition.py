# The sum of two numbers of the same length, digit by digit with a carry.
# Input: the two numbers, one a line.
a = input()
b = input()
digits = []
carry = 0
for i in range(len(a) - 1, -1, -1):
    digit = ord(a[i]) - ord("0") + ord(b[i]) - ord("0") + carry
    carry = digit // 10
    digits.append(digit % 10)
if carry:
    print(carry, end="")
for i in range(len(digits) - 1, -1, -1):
    print(digits[i], end="")
print()
