# Is a line a palindrome, and which is its first longest palindromic part?
# Input: the line.


def grow(text, left, right):
    # The largest palindrome around the middle between left and right, as (start, length).
    while left >= 0 and right < len(text) and text[left] == text[right]:
        left -= 1
        right += 1
    return left + 1, right - left - 1


line = input()
best_start = 0
best_length = 0
for middle in range(len(line)):
    for width in range(2):
        start, length = grow(line, middle, middle + width)
        if length > best_length:
            best_start, best_length = start, length
print(best_length == len(line))
for i in range(best_start, best_start + best_length):
    print(line[i], end="")
print()
