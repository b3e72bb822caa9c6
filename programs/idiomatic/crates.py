# Advent of Code 2022, day 5: Supply Stacks
import re
import sys
from copy import deepcopy

def parse(text):
    drawing, moves = text.rstrip("\n").split("\n\n")
    rows = drawing.splitlines()
    count = int(rows.pop().split()[-1])
    stacks = [[] for _ in range(count)]
    for row in reversed(rows):
        for i, crate in enumerate(row[1::4]):
            if crate != " ":
                stacks[i].append(crate)
    steps = [tuple(map(int, re.findall(r"\d+", line))) for line in moves.splitlines()]
    return stacks, steps

def rearrange(stacks, steps, one_by_one=True):
    stacks = deepcopy(stacks)
    for amount, src, dst in steps:
        moved = stacks[src - 1][-amount:]
        del stacks[src - 1][-amount:]
        if one_by_one:
            moved.reverse()
        stacks[dst - 1] += moved
    return stacks

def tops(stacks):
    return "".join(stack[-1] if stack else "-" for stack in stacks)

def draw(stacks):
    height = max(len(s) for s in stacks)
    for level in range(height - 1, -1, -1):
        print(" ".join(f"[{s[level]}]" if level < len(s) else "   " for s in stacks).rstrip())
    print(" ".join(f"{i:^3}" for i in range(1, len(stacks) + 1)))

if __name__ == "__main__":
    stacks, steps = parse(sys.stdin.read())
    print(f"{len(stacks)} stacks, {len(steps)} moves")
    draw(stacks)
    print("Part 1:", tops(rearrange(stacks, steps)))
    print("Part 2:", tops(rearrange(stacks, steps, one_by_one=False)))
    draw(rearrange(stacks, steps))
