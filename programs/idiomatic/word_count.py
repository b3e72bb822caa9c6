import re
from collections import Counter

TEXT = """
It was a bright cold day in April, and the clocks were striking thirteen.
Winston Smith, his chin nuzzled into his breast in an effort to escape the
vile wind, slipped quickly through the glass doors of Victory Mansions,
though not quickly enough to prevent a swirl of gritty dust from entering
along with him. The hallway smelt of boiled cabbage and old rag mats.
"Don't," he said; it wasn't the hallway's fault...
"""

STOPWORDS = set("a an and the in of to it was were his he him with not from".split())


def words(text):
    return re.findall(r"[a-z]+(?:'[a-z]+)?", text.lower())


def sentences(text):
    return [s.strip() for s in re.split(r"[.!?]+\s*", text) if s.strip(' "\n')]


def print_table(rows, headers):
    widths = [max(len(str(cell)) for cell in column) for column in zip(headers, *rows)]
    for row in [headers, ["-" * w for w in widths], *rows]:
        print("  ".join(str(cell).ljust(w) if i == 0 else str(cell).rjust(w) for i, (cell, w) in enumerate(zip(row, widths))))


def main():
    all_words = words(TEXT)
    counts = Counter(w for w in all_words if w not in STOPWORDS)
    total = sum(counts.values())
    rows = [(word, n, f"{100 * n / total:.1f}%") for word, n in counts.most_common(5)]
    print_table(rows, ["word", "count", "share"])
    print(f"\n{len(all_words)} words, {len(set(all_words))} different, {len(sentences(TEXT))} sentences")
    print("average length:", round(sum(map(len, all_words)) / len(all_words), 2))
    longest = sorted(set(all_words), key=lambda w: (-len(w), w))[:4]
    print("longest:", ", ".join(longest))
    lengths = Counter(map(len, all_words))
    for length in sorted(lengths):
        print(f"{length:2d} {'█' * lengths[length]} {lengths[length]}")
    letters = Counter(c for c in TEXT.lower() if c.isalpha())
    print("".join(c for c, _ in letters.most_common()))
    print([(c, n) for c, n in letters.items() if n == 1])
    bigrams = Counter(zip(all_words, all_words[1:]))
    print(bigrams.most_common(2))
    print("capitalised:", re.findall(r"\b[A-Z]\w+", TEXT))
    print(re.sub(r"(\w+) (\w+)", r"\2 \1", "bright cold day"), "|", re.sub(r"\s+", " ", TEXT).strip()[:40])


main()
