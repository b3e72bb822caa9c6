# How often each word of a text occurs, most frequent first, and on which lines.
# Input: lines of text; an empty line ends them.
from collections import defaultdict


def words(line):
    """The words of a line in lower case, without what stands around them."""
    for word in line.split():
        word = word.strip(".,;:!?'\"()").lower()
        if word:
            yield word


counts = {}
lines = defaultdict(list)
number = 0
while line := input():
    number += 1
    for word in words(line):
        counts[word] = counts.get(word, 0) + 1
        if number not in lines[word]:
            lines[word].append(number)

width = max((len(word) for word in counts), default=0)
for word, count in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
    print(f"{word:<{width}} {count:>3}  line {', '.join(map(str, lines[word]))}")
print(f"{sum(counts.values())} words, {len(counts)} different")
