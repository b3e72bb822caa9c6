# A Post-Turing machine with two binary tapes, in the notation of Qiu et al. (ICLR 2025), "Ask, and it shall
# be given: on the Turing completeness of prompting". Instructions, with a space between them:
#   `A0` `A1` write, `AL` `AR` move, `A?+k` / `A!-k` jump by +k / -k if the cell is 1 / is 0; B is the other tape;
#   `#` halts, and so does leaving the program.
# Tape A starts with the word over 0 and 1, a bit b as the two cells 1 b; so is the output read at the end.
# Input: the program and the word, one a line. Output: the output word, and the number of steps.


def fold(position):
    # Where a list has the cell of a tape that is infinite on both sides.
    return 2 * position if position >= 0 else -2 * position - 1


def read_cell(tape, position):
    return tape[fold(position)] if fold(position) < len(tape) else 0


def write_cell(tape, position, bit):
    while len(tape) <= fold(position):
        tape.append(0)
    tape[fold(position)] = bit


def run(tapes, tape_of, action_of, jump_of):
    heads = [0, 0]
    position = 0
    steps = 0
    while 0 <= position < len(tape_of) and action_of[position] != "#":
        which = tape_of[position]
        action = action_of[position]
        offset = 1
        if action == "L":
            heads[which] -= 1
        elif action == "R":
            heads[which] += 1
        elif action == "0":
            write_cell(tapes[which], heads[which], 0)
        elif action == "1":
            write_cell(tapes[which], heads[which], 1)
        elif (read_cell(tapes[which], heads[which]) == 1) == (action == "?"):
            offset = jump_of[position]
        position += offset
        steps += 1
    return steps


tape_of = []
action_of = []
jump_of = []
sign = 1
previous = " "
for letter in input():
    if letter == "A" or letter == "B" or letter == "#":
        tape_of.append(1 if letter == "B" else 0)
        jump_of.append(0)
        if letter == "#":
            action_of.append(letter)
    elif letter == "+" or letter == "-":
        sign = 1 if letter == "+" else -1
    elif previous == "A" or previous == "B":
        action_of.append(letter)
    elif letter != " ":
        jump_of[-1] = 10 * jump_of[-1] + sign * (ord(letter) - ord("0"))
    previous = letter

tapes = [[], []]
word = input()
for i in range(len(word)):
    write_cell(tapes[0], 2 * i, 1)
    write_cell(tapes[0], 2 * i + 1, 1 if word[i] == "1" else 0)
steps = run(tapes, tape_of, action_of, jump_of)
cell = 0
while read_cell(tapes[0], cell) == 1:
    print(read_cell(tapes[0], cell + 1), end="")
    cell += 2
print()
print("steps:", steps)
