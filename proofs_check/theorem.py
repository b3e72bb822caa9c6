"""What the lemmas of a machine add up to, in words."""

from __future__ import annotations

from interpreter.runs.certificate import Limit
from proofs_check.lemma import Result
from proofs_check.offsets import Local

SAMPLED = (
    " Where several tokens are prescribed, each is sampled with the same probability, and nothing else ever is: their "
    "logits are equal bit for bit, and exp of the difference to all others is 0."
)


def theorem(
    machine: str, limits: dict[str, Limit], step: Result, known: bool = False, local: Local | None = None
) -> str:
    """The theorem in one paragraph; it is only as good as the certificate's open lemmas let it be.

    machine: its name; step: the result of the last lemma; known: whether its specification has lemmas of its own.
    """
    if step.open and not (known and limits):
        return f"No theorem about the machine {machine}: which token is next is not proved."
    if local is not None:
        formats = step.note.partition(":")[0]
        return (
            f"For every prompt of the machine {machine} and any number of tokens, every token that the "
            f"transformer decodes is the one that the machine's specification prescribes, in {formats}. There is no "
            "bound on the length: the next token depends on finitely many windows, and all of them were evaluated."
            + (SAMPLED if local.sampled else "")
        )
    if not known:
        how = "For" if step.proved else "Checked, not proved: for"
        lengths = "; ".join(f"{name}: N = {limit.tokens}" for name, limit in limits.items())
        return (
            f"{how} {step.lemma.domain}, the token that the transformer of the machine {machine} decodes in "
            "float64 is that one. Of longer traces, only what the other lemmas say is shown; among it, that no sum or "
            "product of up to N tokens rounds, so that the transformer is there what it is in real arithmetic. "
            f"{lengths or 'No N could be shown'}."
        )
    parts = "; ".join(
        f"{name}: N = {limit.tokens}"
        + (f" ({limit.tokens_small} for at most {limit.small} instructions)" if limit.tokens else "")
        + (f", {limit.tokens_in_order} where sums are taken in order" if limit.tokens else "")
        for name, limit in limits.items()
    )
    return (
        f"For every program and every input that a prompt of the machine {machine} can hold, every token that "
        "the transformer decodes is the one that the machine's specification prescribes: in real arithmetic for "
        f"traces up to the machine's recency range, and in floating point for traces of up to N tokens. {parts}."
    )
