import sys


class BowlingError(Exception):
    pass


class Game:
    def __init__(self):
        self.rolls = []

    def roll(self, pins):
        if not 0 <= pins <= 10:
            raise BowlingError(f"{pins} pins do not exist")
        self.rolls.append(pins)

    @classmethod
    def from_string(cls, text):
        game = cls()
        for i, c in enumerate(text.replace(" ", "")):
            match c:
                case "X" | "x":
                    game.roll(10)
                case "/":
                    if not game.rolls:
                        raise BowlingError("a spare needs a first roll")
                    game.roll(10 - game.rolls[-1])
                case "-":
                    game.roll(0)
                case digit if digit.isdigit():
                    game.roll(int(digit))
                case other:
                    raise BowlingError(f"unknown mark {other!r} at {i}")
        return game

    def frames(self):
        i = 0
        for number in range(1, 11):
            try:
                if self.rolls[i] == 10:
                    yield number, "strike", sum(self.rolls[i:i + 3])
                    i += 1
                else:
                    pins = self.rolls[i] + self.rolls[i + 1]
                    if pins > 10:
                        raise BowlingError(f"{pins} pins in frame {number}")
                    bonus = self.rolls[i + 2] if pins == 10 else 0
                    yield number, "spare" if pins == 10 else "open", pins + bonus
                    i += 2
            except IndexError:
                raise BowlingError(f"game is incomplete in frame {number}") from None

    @property
    def score(self):
        return sum(points for _, _, points in self.frames())


def main():
    best = None
    for line in map(str.strip, sys.stdin):
        try:
            game = Game.from_string(line)
            total = 0
            for number, kind, points in game.frames():
                total += points
                print(f"{number:>2}.{kind[0].upper()}{total:<4}", end="" if number < 10 else "\n")
            assert total == game.score
        except BowlingError as e:
            print(f"-- {line}: {e}")
            continue
        if best is None or game.score > best[0]:
            best = game.score, line
        print(f"{line!r}: {game.score}")
    print("best game:", best)


if __name__ == "__main__":
    main()
