"""What the Post-Turing machine does, token by token, in plain Python: the specification of the transformer.

Two tapes of bits, infinite on both sides and 0 at first, with a head each; instructions that are carried out one
after the other. A trace is read by what its tokens do:

- `^`, the program, `$`: the instructions, numbered from 0;
- a move or a write does what it says; it and `/` go on to the next instruction, `+` and `-` go one forth or back;
- `=` opens a jump and `@` closes it; between them the unary offset of the jump instruction is written again;
- after `:` the output is read off tape A, from where its head was at first: while cell 2i is 1, bit i is in
  cell 2i + 1.

Where there is no instruction of that number, the machine halts as it does at `#`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from compiler.machines.ptm.vocabulary import Token


class PostTuring:
    """The machine between two tokens: `read` takes in one more, `next` says which one follows.

    program: the tokens of each instruction; pc: the number of the instruction that is next; heads, cells: by tape.
    """

    def __init__(self) -> None:
        self.program: list[list[Token]] = []
        self.running = False
        self.pc = 0
        self.heads = {"A": 0, "B": 0}
        self.cells: dict[str, dict[int, int]] = {"A": defaultdict(int), "B": defaultdict(int)}
        self._jump: tuple[int, int] | None = None
        """In a jump: the number of the jump instruction, and how many of its unary tokens are written."""
        self._output: int | None = None
        """After `:`, how many bits are written."""

    def read(self, token: Token) -> None:
        """One more token, of the program, of the prompt or of the run."""
        if not self.running:
            self._load(token)
            return
        if self._output is not None:
            self._output += 1
        if self._jump is not None:
            self._jump = self._jump[0], self._jump[1] + 1
        self.pc += token.steps
        if token.move:
            self.heads[token.tape] += token.move
        if token.writes and token.bit is not None:
            self.cells[token.tape][self.heads[token.tape]] = token.bit
        match token:
            case Token.TAKEN:
                self._jump = self.pc, 0
            case Token.JUMP_ENDS:
                self._jump = None
            case Token.OUTPUT:
                self._output = 0

    def _load(self, token: Token) -> None:
        if token is Token.END:
            self.running = True
        elif token.opens_instruction:
            self.program.append([token])
        elif token is not Token.BEGIN:
            self.program[-1].append(token)

    def next(self) -> Token:
        """The token that follows."""
        if self._output is not None:
            mark, bit = (self.cells["A"][2 * self._output + i] for i in (0, 1))
            return Token.END if not mark else Token.ONE if bit else Token.ZERO
        if self._jump is not None:
            number, written = self._jump
            return self.program[number][1 + written]
        if not 0 <= self.pc < len(self.program):
            return Token.OUTPUT
        operation = self.program[self.pc][0]
        if operation is Token.HALT:
            return Token.OUTPUT
        if operation.jumps:
            cell = self.cells[operation.tape][self.heads[operation.tape]]
            return Token.TAKEN if cell == operation.bit else Token.NOT_TAKEN
        return operation


def continuation(prompt: Iterable[Token]) -> Iterator[Token]:
    """The tokens that follow a prompt, the `$` that ends the run included."""
    state = PostTuring()
    for token in prompt:
        state.read(token)
    while True:
        token = state.next()
        yield token
        if token is Token.END:
            return
        state.read(token)
