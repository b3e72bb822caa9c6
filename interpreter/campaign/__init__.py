"""Random programs in large numbers, against oracles that share nothing with what is tried.

    subjects   what is tried: programs of every format against CPython or a simulator, engines against each other,
               damaged files against their readers
    batches    some hundred cases in one process with one engine; a failure is shrunk
    journal    what has been done, a line a batch: a campaign that is cut goes on
    workers    who does it: this process, processes of this machine, or a cluster (Dask distributed)
    report     what came of it

Case `i` of a subject depends on the seed and on `i` alone, not on who does it or when.
"""
