from itertools import cycle
from string import ascii_lowercase, ascii_uppercase, punctuation
from collections import Counter

ENGLISH = {"e": 12.7, "t": 9.1, "a": 8.2, "o": 7.5, "i": 7.0, "n": 6.7, "s": 6.3, "h": 6.1, "r": 6.0}


def caesar(text: str, shift: int) -> str:
    shift %= 26
    table = str.maketrans(
        ascii_lowercase + ascii_uppercase,
        ascii_lowercase[shift:] + ascii_lowercase[:shift] + ascii_uppercase[shift:] + ascii_uppercase[:shift],
    )
    return text.translate(table)


def vigenere(text, key, decrypt=False):
    if not key.isalpha():
        raise ValueError("key must consist of letters")
    shifts = cycle(ord(c) - ord("a") for c in key.lower())
    out = []
    for ch in text:
        if ch.isalpha():
            shift = next(shifts)
            out.append(caesar(ch, -shift if decrypt else shift))
        else:
            out.append(ch)
    return "".join(out)


def score(text):
    letters = [c for c in text.lower() if c.isalpha()]
    counts = Counter(letters)
    return sum(abs(counts[c] / len(letters) * 100 - freq) for c, freq in ENGLISH.items())


def crack(cipher):
    return min(range(26), key=lambda shift: score(caesar(cipher, -shift)))


def atbash(text):
    return "".join(
        chr(ord("a") + ord("z") - ord(c)) if c.islower() else chr(ord("A") + ord("Z") - ord(c)) if c.isupper() else c
        for c in text
    )


if __name__ == "__main__":
    message = input("Message: ")
    shift = int(input("Shift: "))
    key = input("Key: ")
    print()
    secret = caesar(message, shift)
    print("Caesar:  ", secret)
    found = crack(secret)
    print(f"Cracked:  shift {found} ->", caesar(secret, -found))
    coded = vigenere(message, key)
    print("Vigenère:", coded)
    print("Back:    ", vigenere(coded, key, decrypt=True))
    print("Atbash:  ", atbash(message), atbash(atbash(message)) == message)
    print("Groups:  ", " ".join(["".join(c for c in coded.upper() if c not in punctuation + " ")[i:i + 5] for i in range(0, 30, 5)]))
    try:
        vigenere(message, "l33t")
    except ValueError as err:
        print("Error:", err)
