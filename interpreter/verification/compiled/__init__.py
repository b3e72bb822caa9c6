"""Verification by code that is compiled from the weights, eight neighbouring positions at a time.

    graph      the transformer as nodes, a number for each position, and scans, which look at other positions
    reading    the plan of the weights as a graph
    vectors    writes LLVM code for eight positions
    emitter    the nodes as code; `scans` what looks at other positions, `lookups` tables and searches, `argmax`
    generate   the program that checks tokens, and smaller ones that only find what chunks carry on
    program    what a program is, and how it is called
    native     programs as machine code; `state` and `layout` what is carried from position to position
    kit        a trace in chunks, one after the other or each by itself
    compiled   from weights to a kit; `evaluate` explains a wrong token

What it has in common with verification by PyTorch is said in `interpreter.verification.verification`; the tests hold
the two together, and both to the dense transformer, on damaged weights too. With the indexed engine it shares the
sparse reading of the weights (`compiler.circuits.sparse`), the families of the unembedding and LLVM, but no code that
is generated or generates: that engine decodes one position after the other, and its tables, its argmax and its checks
are its own.

Why it is fast. A trace is given, so that nothing waits for the token before: eight positions fill a vector, and sums,
windows and "the latest so far" over them are three steps of doubling. Of a sorted search by key only the last write of
each key was ever wanted; a hash table has that. Products with matrices that are nearly empty are sums of two or three
terms. Of RAM traces in base 1000, one core of an Intel Xeon with vectors of 512 bits checks 17 million tokens a second
once the weights are read, which takes 0.15 s; the indexed engine decodes 6 to 7 million on the same core.
"""
