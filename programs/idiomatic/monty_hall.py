import random


def play(switch: bool, rng: random.Random) -> bool:
    doors = [0, 1, 2]
    prize = rng.choice(doors)
    pick = rng.choice(doors)
    opened = rng.choice([d for d in doors if d not in (pick, prize)])
    if switch:
        pick = next(d for d in doors if d not in (pick, opened))
    return pick == prize


def buffon(rng, n):
    inside = sum(rng.random() ** 2 + rng.random() ** 2 <= 1 for _ in range(n))
    return 4 * inside / n


def main() -> None:
    rng = random.Random(2024)
    for switch in (False, True):
        wins = sum(play(switch, rng) for _ in range(300))
        print(f"{'switch' if switch else 'stay':>6}: {wins / 300:.1%}")
    print("pi is about", buffon(rng, 400))

    random.seed(7)
    deck = [f"{rank}{suit}" for suit in "CDHS" for rank in "A23456789TJQK"]
    random.shuffle(deck)
    print(deck[:5], random.randint(1, 6), random.sample(range(50), 6))
    print([random.randrange(0, 100, 5) for _ in range(5)], round(random.uniform(1, 2), 4))


if __name__ == "__main__":
    main()
