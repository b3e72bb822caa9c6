"""The certificate of a specialised transformer: its lemmas, and what they add up to."""

from __future__ import annotations

from compiler.machines.ram.prompt import Prompt as RamPrompt
from compiler.machines.specialised.specialised import Specialised
from interpreter.runs.certificate import Certificate
from interpreter.runs.certified import BEGINNINGS, sources_sha256
from proofs_check.check import ROUNDING, Progress, settle_all
from proofs_check.second_opinion import SecondOpinion
from proofs_check.specialised.claims import specialised_claims

UNIVERSAL = (
    "what `punchtape check` proves of the {name} transformer with SHA-256 {sha256}: its scores are those of their "
    "patterns, squares in them are squares, its heads find one position, its next token does not depend on what heads "
    "find where the specification reads nothing, and its logit is above all others"
)
RAM = (
    "wherever the specification reads the program, the program counter is that of an instruction, or one after the "
    "last, as the codec checks of every jump; elsewhere the two transformers may find different instructions",
    "no more frames are open than tokens follow the prompt, since a CALL opens one",
)
INDUCTION = (
    "that lemmas about one position add up to runs is induction over the positions, argued: what a head finds after "
    "the prompt is what it finds there, at the first position, or in its entries"
)


def certificate_of_specialised(
    made: Specialised, progress: Progress | None = None, opinion: SecondOpinion | None = None
) -> Certificate:
    """Tries to prove every lemma about a specialised transformer; the arguments are those of `check`."""
    weights = made.prompt.in_form("stacked").machine.weights
    results = settle_all(list(specialised_claims(made)), progress, lambda lemma: True, (), opinion)
    open_ = any(result.open for result in results)
    statement = (
        f"After every prompt of this program, each token that the transformer {made.weights.name} decodes in real "
        f"arithmetic is the one that the transformer {weights.name} decodes after the whole prompt, for traces up to "
        f"the latter's recency range, {weights.max_tokens} tokens."
    )
    ram = RAM if isinstance(made.prompt, RamPrompt) else ()
    return Certificate(
        machine=made.weights.name,
        weights_sha256=made.weights.sha256(),
        sources_sha256=sources_sha256((*BEGINNINGS, __name__)),
        results=tuple(results),
        theorem=f"No theorem about {made.weights.name}." if open_ else statement,
        assumptions=(UNIVERSAL.format(name=weights.name, sha256=weights.sha256()), *ram, INDUCTION, ROUNDING),
    )
