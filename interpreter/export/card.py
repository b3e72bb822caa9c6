"""The model card of an exported folder."""

from __future__ import annotations

from interpreter.model.stored import Description


def card(description: Description, moves: bool = False) -> str:
    """Markdown with what the transformer is, how to run it, and how far it is proved.

    moves: whether the folder's `generate` moves a window through the trace.
    """
    d = description
    if d.proved_tokens is None:
        proved = "nothing, as no certificate was there when this was exported; `punchtape check` makes one."
    else:
        proved = (
            f"that the next token is the specification's, for every program and input, in traces of up to "
            f"{d.proved_tokens:,} tokens, prompt included, in float64 (`punchtape check`)."
        )
    window = (
        "- **Window** `generate` shows the transformer a part of the trace only, by a rule that decides no token "
        "(`windows.py`).\n"
        if moves
        else ""
    )
    return f"""---
library_name: transformers
pipeline_tag: text-generation
tags: [interpretability, turing-machine, hand-set-weights]
license: mit
---

# {d.machine}: a transformer whose weights were set by hand

The prompt is a program and its input; greedy decoding runs it, up to a token that halts. The weights are those of
punchtape's `{d.machine}` machine, {d.form}, SHA-256 `{d.weights_sha256}`.

    from transformers import AutoModelForCausalLM, AutoTokenizer

    model = AutoModelForCausalLM.from_pretrained(FOLDER, trust_remote_code=True, dtype="auto")
    tokenizer = AutoTokenizer.from_pretrained(FOLDER, trust_remote_code=True)
    prompt = tokenizer(PROMPT, return_tensors="pt").input_ids
    print(tokenizer.decode(model.generate(prompt, max_new_tokens=1000)[0]))

PROMPT is text: names of tokens that white space parts, as `punchtape compile FILE --tokens` prints them.

- **Data type** float64. In a smaller one neighbouring positions run together in shorter traces.
- **Decoding** takes the token with the largest logit; sampling would not run the program.
- **Longest trace** {d.longest_trace:,} tokens: no more positions are told apart.
- **Proved** {proved}
- One trace at a time, without padding: positions are counted from the first token.
{window}"""
