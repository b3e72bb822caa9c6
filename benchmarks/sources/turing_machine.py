# A Turing machine in the one-line format, one step after the other, as fast as plain Python does it.
# Input: the most steps (0: as many as it takes), then a machine whose transitions are all defined.
# Output: the steps, and how many cells are not blank.
import sys

STRETCH = 10_000


def parse(text):
    # A state is the list of its transitions by the symbol read: what to write, where to go, the next state itself.
    rows = "".join(line.partition(";")[0].strip() for line in text.splitlines()).split("_")
    states = [[] for _ in rows]
    for state, row in zip(states, rows):
        for write, direction, target in zip(row[::3], row[1::3], row[2::3]):
            number = ord(target) - ord("A")
            following = states[number] if number < len(states) else None
            state.append((int(write), 1 if direction == "R" else -1, following))
    return states[0]


def simulate(state, most):
    # The tape is a list, which gets longer between stretches, so that no step asks whether it is long enough.
    tape = [0] * (2 * STRETCH)
    head, steps = STRETCH, 0
    while steps < most:
        if head < STRETCH:
            head += len(tape)
            tape = [0] * len(tape) + tape
        if head + STRETCH > len(tape):
            tape += [0] * len(tape)
        for step in range(steps + 1, min(steps + STRETCH, most) + 1):
            tape[head], move, state = state[tape[head]]
            head += move
            if state is None:
                return step, tape
        steps = step
    return steps, tape


most_steps = int(input()) or sys.maxsize
steps_done, cells = simulate(parse(sys.stdin.read()), most_steps)
print(f"steps   {steps_done:,}")
print(f"score   {len(cells) - cells.count(0):,}")
