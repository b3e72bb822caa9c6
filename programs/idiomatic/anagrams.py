import sys
from collections import defaultdict
from typing import Iterable


def signature(word: str) -> str:
    return "".join(sorted(word.lower()))


def group_anagrams(words: Iterable[str]) -> dict[str, set[str]]:
    groups: defaultdict[str, set[str]] = defaultdict(set)
    for word in words:
        groups[signature(word)].add(word)
    return {key: group for key, group in groups.items() if len(group) > 1}


def is_palindrome(s: str) -> bool:
    s = "".join(ch for ch in s.casefold() if ch.isalnum())
    return s == s[::-1]


def word_chain(start: str, end: str, words: set[str]) -> list[str] | None:
    """Shortest ladder that changes a letter at a time."""
    paths = [[start]]
    seen = {start}
    while paths:
        new_paths = []
        for path in paths:
            last = path[-1]
            if last == end:
                return path
            for candidate in sorted(words - seen):
                if len(candidate) == len(last) and sum(a != b for a, b in zip(candidate, last)) == 1:
                    seen.add(candidate)
                    new_paths.append(path + [candidate])
        paths = new_paths
    return None


def main() -> int:
    words = sys.stdin.read().split()
    groups = group_anagrams(words)
    for key, group in sorted(groups.items(), key=lambda kv: (-len(kv[1]), kv[0])):
        print(f"{key:>8}: {' '.join(sorted(group))}")
    biggest = max(groups.values(), key=len)
    print(f"{len(groups)} groups, the biggest has {len(biggest)} words")
    palindromes = sorted({w for w in words if is_palindrome(w)}, key=lambda w: (len(w), w))
    print("palindromes:", palindromes or "none")
    print(is_palindrome("A man, a plan, a canal: Panama!"))
    four = {w for w in words if len(w) == 4}
    print(word_chain("cold", "warm", four))
    print(word_chain("cold", "evil", four))
    vowels = {w: sum(w.count(v) for v in "aeiou") for w in set(words)}
    print(max(sorted(vowels), key=vowels.get), min(sorted(vowels), key=vowels.__getitem__))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
