# The Dyck language: is every bracket closed by its partner, in the right order?
# Input: a word over ()[]{}.


def is_balanced(word):
    expected = []
    for letter in word:
        if letter == "(":
            expected.append(")")
        elif letter == "[":
            expected.append("]")
        elif letter == "{":
            expected.append("}")
        elif len(expected) == 0 or expected.pop() != letter:
            return False
    return len(expected) == 0


print("balanced" if is_balanced(input()) else "not balanced")
