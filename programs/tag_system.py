# A tag system (Post 1943): read the first letter, append its production, delete the first m letters, until
# fewer than m are left. Already m = 2 is universal (Cocke and Minsky 1964).
# Input: m; the productions of a, b, c, ..., with a space between them; the first word.
# Output: the words, one a line.


def read_word():
    return [ord(letter) - ord("a") for letter in input()]


def show(word, start):
    for i in range(start, len(word)):
        print(chr(word[i] + ord("a")), end="")
    print()


m = int(input())
productions = [[]]
for letter in input():
    if letter == " ":
        productions.append([])
    else:
        productions[len(productions) - 1].append(ord(letter) - ord("a"))
word = read_word()
start = 0
show(word, start)
while len(word) - start >= m:
    for symbol in productions[word[start]]:
        word.append(symbol)
    start += m
    show(word, start)
