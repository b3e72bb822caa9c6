# The parity language: words over 0 and 1 with an odd number of ones.
# Input: the word.
odd = False
for letter in input():
    if letter == "1":
        odd = not odd
print(odd)
