import sys
from collections import Counter

RANKS = "23456789TJQKA"
NAMES = ["High card", "One pair", "Two pairs", "Three of a kind", "Straight",
         "Flush", "Full house", "Four of a kind", "Straight flush"]


class Hand:
    def __init__(self, cards):
        if len(cards) != 5:
            raise ValueError(f"a hand has five cards, not {len(cards)}")
        self.cards = cards
        self.ranks = sorted((RANKS.index(c[0]) for c in cards), reverse=True)
        self.suits = {c[1] for c in cards}

    @property
    def score(self):
        counts = Counter(self.ranks)
        # most frequent first, then by rank
        groups = sorted(counts.items(), key=lambda item: (item[1], item[0]), reverse=True)
        shape = tuple(n for _, n in groups)
        order = [r for r, _ in groups]
        flush = len(self.suits) == 1
        straight = len(counts) == 5 and self.ranks[0] - self.ranks[-1] == 4
        if self.ranks == [12, 3, 2, 1, 0]:
            straight, order = True, [3, 2, 1, 0, -1]
        if straight and flush:
            kind = 8
        elif shape == (4, 1):
            kind = 7
        elif shape == (3, 2):
            kind = 6
        elif flush:
            kind = 5
        elif straight:
            kind = 4
        else:
            kind = {(3, 1, 1): 3, (2, 2, 1): 2, (2, 1, 1, 1): 1}.get(shape, 0)
        return kind, order

    def __lt__(self, other):
        return self.score < other.score

    def __eq__(self, other):
        return self.score == other.score

    def __str__(self):
        return f"{' '.join(self.cards)} ({NAMES[self.score[0]]})"


def main():
    wins = [0, 0]
    for number, line in enumerate(sys.stdin, start=1):
        cards = line.split()
        if not cards:
            continue
        try:
            first, second = Hand(cards[:5]), Hand(cards[5:])
        except ValueError as error:
            print(f"line {number}: {error}", file=sys.stderr)
            print(f"line {number} skipped")
            continue
        if first == second:
            print(f"{first} ties with {second}")
        elif first > second:
            wins[0] += 1
            print(f"{first} beats {second}")
        else:
            wins[1] += 1
            print(f"{second} beats {first}")
    print(f"Player 1 won {wins[0]}, player 2 won {wins[1]}.")


if __name__ == "__main__":
    main()
