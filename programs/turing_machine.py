# A Turing machine with one tape, infinite on both sides, in the notation of the busy beaver community:
# `1RB1LB_1LA1RZ` has states A and B, and for each state and symbol read the symbol to write, the
# direction and the next state; a next state without a row, such as Z, halts.
# Input: the machine. Output: the number of steps, and how many symbols other than 0 are on the tape.


def parse(machine):
    # Rows of [write, move, next state], one row for each state and symbol, states in order.
    rows = []
    for i in range(len(machine)):
        if machine[i] == "R" or machine[i] == "L":
            move = 1 if machine[i] == "R" else -1
            rows.append([ord(machine[i - 1]) - ord("0"), move, ord(machine[i + 1]) - ord("A")])
    return rows


def count_states(machine):
    states = 1
    for letter in machine:
        if letter == "_":
            states += 1
    return states


def pop_symbol(side):
    return side.pop() if len(side) > 0 else 0


def count_marks(side):
    return len([symbol for symbol in side if symbol != 0])


def run(rows, states):
    # The tape is two stacks, what is left and what is right of the head, and the symbol under it.
    symbols = len(rows) // states
    left = []
    right = []
    symbol = 0
    state = 0
    steps = 0
    while state < states:
        row = rows[state * symbols + symbol]
        if row[1] == 1:
            left.append(row[0])
            symbol = pop_symbol(right)
        else:
            right.append(row[0])
            symbol = pop_symbol(left)
        state = row[2]
        steps += 1
    left.append(symbol)
    return steps, count_marks(left) + count_marks(right)


description = input()
steps_taken, marks = run(parse(description), count_states(description))
print("steps:", steps_taken)
print("symbols:", marks)
