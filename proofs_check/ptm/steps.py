"""The step of the Post-Turing machine, by cases: what each layer writes, and which token is emitted.

The wires that heads write are the variables: what they hold follows from the lemmas about heads and sums, and is
listed with each lemma. Flags and tokens are gone through one by one, so that every gate is a number; positions stay
symbols, in linear forms.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from itertools import product

import numpy as np
import sympy

from compiler.circuits.circuit import digit_count
from compiler.circuits.expressions import Expression
from compiler.circuits.heads import Latest
from compiler.machines.ptm.semantics import PostTuring
from compiler.machines.ptm.vocabulary import Token, Vocabulary
from proofs_check.lemma import Claim, Counterexample, Lemma, NotProved, Refuted
from proofs_check.ptm.table import copies
from proofs_check.tensors import Linear, Readback, show

TAPES = ("A", "B")
FLAGS = ("program end.seen", "jump.open", "output.seen")
PLACES = ("one", "position", "instruction start.at", "jump.at", "output.at")
NAMES = ("offset", "next instruction", "own instruction", *(f"{t} {side}" for t in TAPES for side in ("right", "left")))


def step_claims(readback: Readback) -> Iterator[Claim]:
    """Claims that, given what the heads find, each token leads to the specification's next one."""
    yield Claim(
        Lemma(
            "embedding",
            "each token has a wire of its own, which is 1 there and 0 elsewhere; nothing else is embedded",
            "comparison of the tensor",
            "all tokens",
        ),
        lambda: _embedding(readback),
    )
    yield Claim(
        Lemma(
            "what heads are for",
            "each head is eligible, asks and copies what the table in proofs_check/ptm/table.py says",
            "comparison of tensors and patterns, read back as rationals",
            "all heads",
        ),
        lambda: copies(readback),
    )
    yield Claim(
        Lemma(
            "marks",
            "after the program a token adds its steps and moves to the sums, and writes; in the program, what opens "
            "an instruction is counted; the count is the place in an instruction, the place of the next token in a "
            "jump, or twice the number of an output bit; what a jump has moved already is taken back",
            "tensors read back as rationals; every case of token and flags, linear forms in positions",
            "all tokens, all values of the three flags, all positions",
        ),
        lambda: _marks(readback),
    )
    yield Claim(
        Lemma(
            "squares",
            r"the wire of a name's square is $\sum_i d_i^2$ over its digits",
            "tensors read back: one neuron $relu(d)\\,d$ a digit, and digits of positions are not negative",
            "all names",
        ),
        lambda: _squares(readback),
    )
    yield Claim(
        Lemma(
            "keys",
            "the squares of keys and queries of the matching heads are those of their coordinates",
            r"SymPy, with $\mathrm{right}_i \mathrm{left}_i = 0$: of $x$ and $-x$ one is looked up as 0, with digits 0",
            "all five heads that match names",
        ),
        lambda: _keys(readback),
    )
    yield Claim(
        Lemma(
            "names",
            r"numbers of tapes and programs with the same name are equal, since $x = \sum_i R^i (\mathrm{right}_i - "
            r"\mathrm{left}_i)$; and the name of $2j + 1$ is that of $2j$ with 1 more in the lowest digit",
            "the coordinates read back; every lowest digit",
            "numbers below M in size",
        ),
        lambda: _names(readback),
    )
    yield Claim(
        Lemma(
            "emission",
            "the token with the largest logit, by at least 1, is the one that the specification names",
            "tensors read back as rationals; `compiler.machines.ptm.semantics` asked in every case",
            "every token that the lookup can find, or none, and all values of the cells and flags",
        ),
        lambda: _emission(readback),
    )


# -------------------------------------------------------------------------------------------------- helpers


def _neurons(readback: Readback, wires: Mapping[str, Fraction], target: str) -> Linear:
    """What the neurons write to a wire: the known wires are numbers, the others symbols of the linear form.

    Raises:
        NotProved: a gate is no number.
    """
    total: dict[str, Fraction] = {}
    for neuron in readback.neurons:
        c = neuron.down.get(target)
        if c is None:
            continue
        unknown = neuron.gate.keys() - wires.keys()
        if unknown:
            raise NotProved(f"the gate of {neuron} reads {', '.join(sorted(unknown))}")
        gate = sum((k * wires[name] for name, k in neuron.gate.items()), Fraction(0))
        if gate <= 0:
            continue
        for name, k in neuron.up.items():
            value = c * gate * k
            key, value = (name, value) if name in PLACES else ("one", value * wires[name])
            total[key] = total.get(key, Fraction(0)) + value
    return {name: c for name, c in total.items() if c}


def _form(**terms: int) -> dict[str, Fraction]:
    return {name.replace("_", " "): Fraction(c) for name, c in terms.items()}


def _plus(*forms: tuple[int, Linear]) -> Linear:
    total: dict[str, Fraction] = {}
    for factor, form in forms:
        for name, c in form.items():
            total[name] = total.get(name, Fraction(0)) + factor * c
    return {name: c for name, c in total.items() if c}


# --------------------------------------------------------------------------------------------------- proofs


def _embedding(readback: Readback) -> str:
    columns = [readback.names.index(t.value) for t in Vocabulary()]
    expected = np.zeros_like(readback.weights.embedding)
    expected[range(len(columns)), columns] = 1
    if not np.array_equal(expected, readback.weights.embedding):
        raise Refuted(Counterexample("embedding", {}, "one wire a token", "something else"))
    return f"{len(columns)} tokens"


def _marks(readback: Readback) -> str:
    cases = 0
    for token in Vocabulary():
        for values in product((0, 1), repeat=len(FLAGS)):
            flags = dict(zip(FLAGS, map(Fraction, values)))
            tokens = {t.value: Fraction(t == token) for t in Vocabulary()}
            wires = {"one": Fraction(1), **tokens, **flags}
            for name, expected in _expected_marks(token, *values).items():
                found = _neurons(readback, wires, name)
                if found != expected:
                    case = {"token": token.value, **{flag: str(value) for flag, value in flags.items()}}
                    raise Refuted(Counterexample(f"wire {name!r}", case, show(expected), show(found)))
            cases += 1
    return f"{cases} cases"


def _expected_marks(token: Token, running: int, jumping: int, halted: int) -> dict[str, Linear]:
    position, one = _form(position=1), _form(one=1)
    start, jump, output = ({f"{name}.at": Fraction(1)} for name in ("instruction start", "jump", "output"))
    unary = (token == "-") - (token == "+")
    return {
        "steps": _plus((running * token.steps, one)),
        "opens": _plus(((1 - running) * token.opens_instruction, one)),
        **{f"move {t}": _plus((running * token.move * (token.tape == t), one)) for t in TAPES},
        **{f"writes {t}": _plus((running * (token.writes and token.tape == t), one)) for t in TAPES},
        "count": _plus(
            (1 - running, position), (running - 1, start),
            (running * jumping, position), (running * jumping, one), (-running * jumping, jump),
            (2 * running * halted, position), (-2 * running * halted, output),
        ),
        "back": _plus((unary, position), (-unary, jump)),
    }  # fmt: skip


def _digits(readback: Readback) -> int:
    return digit_count(readback.weights.radix, readback.weights.max_tokens)


def _squares(readback: Readback) -> str:
    for name in NAMES:
        found = {
            (tuple(n.gate.items()), tuple(n.up.items())): n.down[f"{name} squared"]
            for n in readback.neurons
            if f"{name} squared" in n.down
        }
        digit = [((f"{name}.digit {i}", Fraction(1)),) for i in range(_digits(readback))]
        expected = {(d, d): Fraction(1) for d in digit}
        if found != expected:
            raise Refuted(Counterexample(f"wire '{name} squared'", {}, f"the squares of {len(digit)} digits", "others"))
    return ", ".join(NAMES)


def _keys(readback: Readback) -> str:
    heads = []
    for layer in readback.weights.layers:
        for name, pattern in zip(layer.head_names, layer.patterns):
            if not (isinstance(pattern, Latest) and pattern.match):
                continue
            if pattern.query_square is None:
                raise NotProved(f"head {name!r} has no default")
            for side, square in ((1, pattern.key_square), (0, pattern.query_square)):
                coordinates = [_polynomial(readback, pair[side]) for pair in pattern.match]
                difference = _polynomial(readback, square) - sum(c**2 for c in coordinates)
                if _without_mixed(readback, difference) != 0:
                    which = "key" if side else "query"
                    raise Refuted(Counterexample(f"the {which} of head {name!r}", {}, "0", str(difference)))
            heads.append(name)
    return ", ".join(heads)


def _polynomial(readback: Readback, expression: Expression) -> sympy.Expr:
    """With the wires of squares replaced by what the lemma about them says."""
    total = sympy.Integer(0)
    for wire, c in expression.wires.items():
        value = sympy.Integer(1) if wire.name == "one" else sympy.Symbol(wire.name)
        if wire.name.endswith(" squared"):
            base = wire.name.removesuffix(" squared")
            value = sum(sympy.Symbol(f"{base}.digit {i}") ** 2 for i in range(_digits(readback)))
        total += sympy.Rational(c) * value
    return total


def _without_mixed(readback: Readback, polynomial: sympy.Expr) -> sympy.Expr:
    """Without the products of a digit to the right and one to the left."""
    polynomial = sympy.expand(polynomial)
    for tape, i in product(TAPES, range(_digits(readback))):
        right, left = (sympy.Symbol(f"{tape} {side}.digit {i}") for side in ("right", "left"))
        polynomial = sympy.expand(polynomial).subs(right * left, 0)
    return sympy.expand(polynomial)


def _names(readback: Readback) -> str:
    radix, digits = readback.weights.radix, _digits(readback)
    if radix**digits < readback.weights.max_tokens:
        raise NotProved(f"{digits} digits in base {radix} are not enough for {readback.weights.max_tokens} positions")
    for name in NAMES:
        carried = [dict(v) for v in readback.head(name).values]
        if carried != [{f"digit {i}": Fraction(1)} for i in range(digits)]:
            raise Refuted(Counterexample(f"head {name!r}", {}, "the digits of the position", "something else"))
    for tape in TAPES:
        pattern = _pattern(readback, f"{tape} cell")
        for i, (query, key) in enumerate(pattern.match):
            form = {f"{tape} right.digit {i}": 1, f"{tape} left.digit {i}": -1}
            if any({w.name: c for w, c in side.wires.items()} != form for side in (query, key)):
                raise Refuted(Counterexample(f"coordinate {i} of head '{tape} cell'", {}, str(form), f"{query}, {key}"))
    mark, bit = (_pattern(readback, f"output {which}").match for which in ("mark", "bit"))
    for i, ((even, key), (odd, other_key)) in enumerate(zip(mark, bit, strict=True)):
        if odd - even != Expression(odd.wires, {}) - even or key != other_key:
            raise NotProved("the heads of the output do not compare")
        if {w.name: c for w, c in (odd - even).wires.items()} != ({"one": 1} if i == 0 else {}):
            raise Refuted(Counterexample("head 'output bit'", {}, "1 more in the lowest digit", str(odd - even)))
    if any((2 * j) % radix + 1 >= radix or (2 * j + 1) // radix != 2 * j // radix for j in range(radix)):
        raise NotProved(f"base {radix} is odd")
    return f"{digits} digits in base {radix}"


def _pattern(readback: Readback, name: str) -> Latest:
    for layer in readback.weights.layers:
        for head, pattern in zip(layer.head_names, layer.patterns):
            if head == name and isinstance(pattern, Latest):
                return pattern
    raise NotProved(f"there is no matching head {name!r}")


def _emission(readback: Readback) -> str:
    vocabulary = Vocabulary()
    findable = [t for t in vocabulary if t.tape or t in ("+", "-", "@")]
    read = [f"instruction.{t.value}" for t in findable]
    cells = ["A cell.bit", "B cell.bit", "output mark.bit", "output bit.bit"]
    unembedding = readback.weights.unembedding
    columns = {readback.names[j]: unembedding[:, j] for j in np.flatnonzero(unembedding.any(0))}
    written = {name for neuron in readback.neurons for name in neuron.down}
    extra = columns.keys() - {"one", *read} - written
    if extra:
        raise NotProved(f"the unembedding reads {', '.join(sorted(extra))}")
    cases = 0
    for found in (None, *findable):
        for a, b, mark, bit, halted in product((0, 1), repeat=5):
            wires = {"one": Fraction(1), "output.seen": Fraction(halted)}
            wires |= {name: Fraction(t == found) for name, t in zip(read, findable)}
            wires |= dict(zip(cells, map(Fraction, (a, b, mark, bit))))
            logits = [Fraction(0)] * len(vocabulary)
            for name, column in columns.items():
                if name in wires:
                    value = wires[name]
                else:
                    form = _neurons(readback, wires, name)
                    if form.keys() - {"one"}:
                        raise NotProved(f"wire {name!r} depends on {show(form)}")
                    value = form.get("one", Fraction(0))
                for number in np.flatnonzero(column):
                    logits[number] += Fraction(float(column[number])) * value
            expected = vocabulary.number(_specified(found, a, b, mark, bit, bool(halted)))
            gap = logits[expected] - max(x for i, x in enumerate(logits) if i != expected)
            if gap < 1:
                best = vocabulary[max(range(len(logits)), key=logits.__getitem__)]
                case = {"found": str(found), "A": str(a), "B": str(b), "mark": str(mark), "bit": str(bit)}
                raise Refuted(Counterexample("the logits", case, vocabulary[expected].value, best.value))
            cases += 1
    return f"{cases} cases"


def _specified(found: Token | None, a: int, b: int, mark: int, bit: int, halted: bool) -> Token:
    """The specification's next token in a state in which the lookups find these."""
    state = PostTuring()
    state.running = True
    if found is None:
        state.program = []
    elif found.tape:
        state.program = [[found]]
    else:
        state.program = [[Token.A_IF_1, found]]
        state.read(Token.TAKEN)
    # Somewhere else than the output.
    state.heads = {"A": 5, "B": 5}
    state.cells["A"] |= {5: a, 0: mark, 1: bit}
    state.cells["B"] |= {5: b}
    if halted:
        for token in (Token.JUMP_ENDS, Token.OUTPUT):
            state.read(token)
    return state.next()
