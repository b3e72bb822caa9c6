# An interpreter of brainfuck: 8-bit cells, a tape that grows to the right, end of input reads as 0.
# Input: the brainfuck program on one line, its input on the next.


def matching_brackets(program):
    partner = [0] * len(program)
    opened = []
    for position in range(len(program)):
        if program[position] == "[":
            opened.append(position)
        elif program[position] == "]":
            start = opened.pop()
            partner[start] = position
            partner[position] = start
    assert len(opened) == 0, "a [ is not closed"
    return partner


def execute(program, text):
    partner = matching_brackets(program)
    tape = [0]
    head = 0
    read = 0
    position = 0
    while position < len(program):
        command = program[position]
        if command == ">":
            head += 1
            if head == len(tape):
                tape.append(0)
        elif command == "<":
            assert head > 0, "the head fell off the tape"
            head -= 1
        elif command == "+":
            tape[head] = (tape[head] + 1) % 256
        elif command == "-":
            tape[head] = (tape[head] - 1) % 256
        elif command == ".":
            print(chr(tape[head]), end="")
        elif command == ",":
            tape[head] = 0
            if read < len(text):
                tape[head] = ord(text[read])
                read += 1
        elif command == "[" and tape[head] == 0 or command == "]" and tape[head] != 0:
            position = partner[position]
        position += 1


source = input()
execute(source, input())
