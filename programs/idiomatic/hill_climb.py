"""Advent of Code 2022, day 12."""
import sys
from collections import deque
from typing import Dict, Iterator, List, Optional, Tuple

Point = Tuple[int, int]


def read_grid() -> Tuple[Dict[Point, int], Point, Point]:
    heights: Dict[Point, int] = {}
    start = end = (0, 0)
    for y, line in enumerate(sys.stdin):
        for x, char in enumerate(line.strip()):
            if char == "S":
                start, char = (x, y), "a"
            elif char == "E":
                end, char = (x, y), "z"
            heights[x, y] = ord(char) - ord("a")
    return heights, start, end


def neighbours(point: Point) -> Iterator[Point]:
    x, y = point
    for dx, dy in ((0, 1), (0, -1), (1, 0), (-1, 0)):
        yield x + dx, y + dy


def shortest(heights: Dict[Point, int], starts: List[Point], end: Point) -> Optional[List[Point]]:
    queue = deque(starts)
    came_from: Dict[Point, Optional[Point]] = {s: None for s in starts}
    while queue:
        here = queue.popleft()
        if here == end:
            path = []
            while here is not None:
                path.append(here)
                here = came_from[here]
            return path[::-1]
        for there in neighbours(here):
            if there in heights and there not in came_from and heights[there] - heights[here] <= 1:
                came_from[there] = here
                queue.append(there)
    return None


def show(path: List[Point], width: int, height: int) -> None:
    arrows = {(1, 0): ">", (-1, 0): "<", (0, 1): "v", (0, -1): "^"}
    canvas = [["."] * width for _ in range(height)]
    for (x1, y1), (x2, y2) in zip(path, path[1:]):
        canvas[y1][x1] = arrows[x2 - x1, y2 - y1]
    x, y = path[-1]
    canvas[y][x] = "E"
    print(*("".join(row) for row in canvas), sep="\n")


def main() -> None:
    heights, start, end = read_grid()
    width = max(x for x, _ in heights) + 1
    height = max(y for _, y in heights) + 1
    path = shortest(heights, [start], end)
    assert path is not None
    print("part 1:", len(path) - 1)
    show(path, width, height)
    lowest = [p for p, h in heights.items() if h == 0]
    print("part 2:", len(shortest(heights, lowest, end)) - 1, f"from {len(lowest)} starting points")
    print("unreachable:", shortest(heights, [start], (99, 99)))


main()
