"""The specialised engine: the transformer specialised to its prompt, while it runs.

    polynomials, knowledge  numbers that are not known, and what guards say of them
    network                 the weights as nodes that are evaluated on demand
    state, live, tokens     what is kept between two tokens, as variables and as it is; embeddings of token families
    nodes, lookups, choice  what neurons and heads bring, what hash tables do, and the argmax, as polynomials
    recorder, fragment      a stretch of tokens, and the guards under which it is decoded in the same way again
    joining                 which fragments are joined, and the copies
    region, body, values    fragments as functions of LLVM code; `support` has what they call
    directory, drive        which fragments may begin in a state, as data; the function that goes through a run
    code                    what is compiled, what is counted, and what of it is optimised
    specialisation          when what is recorded and compiled
    policy, engine          what decides about that; running it

`docs/explanations/specialised.md` says how and why. As in the indexed engine nothing here knows what the machine does.
"""

from interpreter.engines.specialised.engine import SpecialisedEngine
from interpreter.engines.specialised.policy import EAGER, Policy

__all__ = ["EAGER", "Policy", "SpecialisedEngine"]
