"""What a multi-tape Turing machine writes, token by token, in plain Python: the specification of the transformer.

A prompt is `inp w einp` or a summary, `summ cell* state esumm`. After every r steps come the positions of the heads in
bits. Plain chains of thought end with the output. With summaries, once steps and positions are at least three times as
many as the prompt has tokens but one, the machine writes a summary after a step: all before it may then be forgotten.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from compiler.machines.turingformer.multitape import MultiTape
from compiler.machines.turingformer.vocabulary import Token


@dataclass
class Configuration:
    """cells, heads: of each tape; extent: cells that have been seen."""

    cells: list[dict[int, str]]
    heads: list[int]
    state: str
    extent: int

    def take(self, token: Token) -> None:
        """The step of a `run` token; others change nothing."""
        if token.kind != "run":
            return
        self.state = token.state
        for tape, (symbol, move) in enumerate(zip(token.symbols, token.moves)):
            self.cells[tape][self.heads[tape]] = symbol
            self.heads[tape] = max(self.heads[tape] + "LSR".index(move) - 1, 0)
        self.extent = max(self.extent, 1 + max(self.heads))


def configuration_of(machine: MultiTape, prompt: Iterable[Token]) -> Configuration:
    """The configuration that a prompt describes.

    Raises:
        ValueError: it is neither an input nor a summary.
    """
    first, *inner, last = [*prompt] or [Token("inp")]
    cells: list[dict[int, str]] = [{} for _ in range(machine.tapes)]
    heads = [0] * machine.tapes
    if (first.kind, last.kind) == ("inp", "einp") and all(t.kind == "symbol" for t in inner):
        cells[0] = {place: t.symbols[0] for place, t in enumerate(inner)}
        return Configuration(cells, heads, machine.initial, len(inner))
    *inner, state = inner or [Token("inp")]
    if (first.kind, state.kind, last.kind) != ("summ", "state", "esumm") or any(t.kind != "cell" for t in inner):
        raise ValueError("a prompt is `inp … einp` or `summ cell… state esumm`")
    for tape in range(machine.tapes):
        cells[tape] = {place: t.symbols[tape] for place, t in enumerate(inner)}
        at = [place for place, t in enumerate(inner) if t.heads[tape]]
        if len(at) != 1:
            raise ValueError(f"tape {tape + 1} of the summary has {len(at)} heads")
        heads[tape] = at[0]
    return Configuration(cells, heads, state.state, len(inner))


def continuation(machine: MultiTape, bits: int, summaries: bool, prompt: Iterable[Token]) -> Iterator[Token]:
    """The tokens that follow a prompt up to `eoutp`, summaries included; ends where no transition is given.

    A prompt may go on with the beginning of the run that it leads to.

    Raises:
        ValueError: no prompt, or not the beginning of a run; or a position that does not fit into so many bits.
    """
    tokens = [*prompt]
    end = next((i for i, token in enumerate(tokens) if token.kind in ("einp", "esumm")), len(tokens))
    run = _run(machine, bits, summaries, tokens[: end + 1])
    for token in tokens[end + 1 :]:
        if next(run, None) != token:
            raise ValueError(f"{token} is not what follows here")
    yield from run


def _run(machine: MultiTape, bits: int, summaries: bool, prompt: list[Token]) -> Iterator[Token]:
    now = configuration_of(machine, prompt)
    prompt_size, since_prompt, since_bits = len(prompt), 0, 0
    while now.state != machine.halting or not since_prompt:
        token = _step(machine, now)
        if token is None:
            return
        yield token
        if max(now.heads) >= 2**bits - 1:
            raise ValueError(f"the head is in cell {max(now.heads)}, which is too far for {bits} bits")
        since_prompt, since_bits = since_prompt + 1, since_bits + 1
        if now.state == machine.halting:
            break
        if summaries and since_prompt >= 3 * (prompt_size - 1):
            summary = _summary(machine, now)
            yield from summary
            prompt_size, since_prompt, since_bits = len(summary), 0, 0
        elif since_bits == bits:
            yield Token("pos")
            yield from (Token("bits", bits=tuple(head >> i & 1 for head in now.heads)) for i in range(bits))
            yield Token("epos")
            since_prompt, since_bits = since_prompt + bits + 2, 0
    yield Token("outp")
    place = 0
    while (symbol := now.cells[0].get(place, machine.blank)) != machine.blank:
        yield Token("symbol", symbols=(symbol,))
        place += 1
    yield Token("eoutp")


def _step(machine: MultiTape, now: Configuration) -> Token | None:
    """Makes one step; None where none is prescribed."""
    read = tuple(cells.get(head, machine.blank) for cells, head in zip(now.cells, now.heads))
    following = machine.table.get((now.state, read))
    if following is None:
        return None
    token = Token("run", *following)
    now.take(token)
    return token


def _summary(machine: MultiTape, now: Configuration) -> list[Token]:
    """All cells seen, the heads and the state."""
    cells = [
        Token(
            "cell",
            symbols=tuple(tape.get(place, machine.blank) for tape in now.cells),
            heads=tuple(head == place for head in now.heads),
        )
        for place in range(now.extent)
    ]
    return [Token("summ"), *cells, Token("state", now.state), Token("esumm")]
