"""Conway's Game of Life on an unbounded plane."""
from collections import Counter
from itertools import product

Cell = tuple[int, int]

PATTERNS = {
    "glider": """
        .O.
        ..O
        OOO
    """,
    "blinker": "OOO",
    "r-pentomino": """
        .OO
        OO.
        .O.
    """,
}


def parse(pattern: str) -> set[Cell]:
    return {
        (x, y)
        for y, row in enumerate(pattern.split())
        for x, char in enumerate(row)
        if char == "O"
    }


def step(cells: set[Cell]) -> set[Cell]:
    counts = Counter(
        (x + dx, y + dy)
        for x, y in cells
        for dx, dy in product((-1, 0, 1), repeat=2)
        if (dx, dy) != (0, 0)
    )
    return {cell for cell, n in counts.items() if n == 3 or (n == 2 and cell in cells)}


def render(cells: set[Cell], margin: int = 0) -> str:
    if not cells:
        return "(empty)"
    xs, ys = zip(*cells)
    rows = []
    for y in range(min(ys) - margin, max(ys) + margin + 1):
        rows.append("".join("#" if (x, y) in cells else "·" for x in range(min(xs) - margin, max(xs) + margin + 1)))
    return "\n".join(rows)


def main() -> None:
    for name, pattern in PATTERNS.items():
        cells = parse(pattern)
        print(f"--- {name} ({len(cells)} cells) ---")
        for generation in range(9):
            if generation % 4 == 0:
                print(f"generation {generation}: population {len(cells)}")
                print(render(cells, margin=1 if name == "blinker" else 0))
            cells = step(cells)

    glider = parse(PATTERNS["glider"])
    moved = glider
    for _ in range(4):
        moved = step(moved)
    print(moved == {(x + 1, y + 1) for x, y in glider})


if __name__ == "__main__":
    main()
