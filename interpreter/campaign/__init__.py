"""Random programs in large numbers, against oracles that share nothing with what is tried.

    subjects   what is tried: `programs` of the language, `machines` of every format, `engines` against each other,
               `readers` with damaged files; `subject` says what a subject is
    drawing    a case from a seed, quickly, and shrunk by Hypothesis if it fails
    batches    some hundred cases in one process with one engine
    journal    what has been done, a line a batch: a campaign that is cut goes on
    workers    who does it: this process, processes of this machine, or a cluster (Dask distributed)
    report     what came of it

Case `i` of a subject depends on the seed and on `i` alone, not on who does it or when.
"""
