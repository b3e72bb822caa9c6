"""The indexed engine: the transformer decoded in O(1) a token, from its weights and what its heads declare to be.

    plan       weights to sparse rows; checks that each head has the query and key weights of its pattern
    code       linear sums and gated neurons as LLVM code, with what is known of each value folded in
    step       a token step: embedding, wires, and where the code stops with an error
    neurons    a layer's neurons, one by one, or many in one look into a table; `functions` of one integer
    attention  the heads as sums, windows and registers, `lookup` and `probe` those that need a hash table, `packing`
               what of its rows does not fit into a cache line
    decision   the argmax, family by family
    function   the whole program; `native` compiles it and keeps the result on disk; `engine` runs it

Of the looped form each head and neuron is evaluated once, in the order in which `compiler.circuits.unrolled` finds them
to settle: the passes before leave it undone, and those after repeat it.

Nothing here knows what the machine is for: opcodes, token families and memory cells are as unknown here as they
are to `interpreter.model.transformer`. What is emitted is what the weights mean in exact arithmetic; the PyTorch
module in float64 emits the same as long as its sums are exact. Where that is in doubt the run stops with an
`IndexingError`, in front of the token in doubt:

- a key is not whole, or does not fit its square, or eligibility is not 0 or 1: another position than the
  latest match could win (see `lookup`);
- a key is so large that a float64 score loses recency: `|K|^2 >= 2**52 / (2 max_tokens)`, 2**24 for the RAM;
- a token depends on a lookup that nothing answers (see `lookup`);
- of several matches of a head without recency, it takes the latest, where the weights take the mean: the same if they
  carry the same values. Of a head that looks within so many positions, it takes the latest that is eligible, however
  far it is: the same where there is one within. Neither is checked;
- a head asks for a position half way between two, beyond 2**26, or after the prompt and more than 2**20 ago;
- the trace is as long as the weights can tell apart (`max_tokens`).

That wires are integers or halves below 2**53 is not checked: the ranges of a machine's wires are a matter of
its proofs.

What gained what (RAM in base 1000, 225 wires, 1,401 non-zero weights; a loop of additions, a product and a
remainder; tokens a second of CPU time on one core of a Zen 5 EPYC, other work beside it, ±10 %):

    dense engine, the first 200 tokens of a short program           67
    all of the below                                          4,000,000
    without the sum in place of mean times position          -4 %
    sums as balanced trees, not in order of readiness         ±0
    without fused multiply-add                               -1 %
    LLVM's passes at level 0 to 3 (instruction selection      ±10 %, no order
      is always at its highest)
    without the checks for limits                             ±5 %

Partial evaluation by token family and by opcode was left aside: the plain code is four times as fast as what
was asked, and takes a quarter of a second to compile where one version for each pair would take a minute.
"""

from interpreter.engines.indexed.engine import IndexedEngine, IndexingError
from interpreter.engines.indexed.plan import NotIndexable

__all__ = ["IndexedEngine", "IndexingError", "NotIndexable"]
