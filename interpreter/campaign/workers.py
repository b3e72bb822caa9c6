"""Who does the tasks: this process, processes of this machine, or a cluster that runs elsewhere."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from typing import Any, TypeVar

Task = TypeVar("Task")
Result = TypeVar("Result")

WAITING = 4
"""Tasks a worker that are handed out at a time: enough to keep it busy, few enough to lose nothing worth keeping."""
RETRIES = 10
"""How often a task is given to another worker when the one that had it is gone."""


class NoWorkers(RuntimeError):
    """There is no Dask, or no scheduler at the address; the message says what to do."""


class Workers:
    """Carries out functions of picklable tasks; the results come in the order in which they are ready."""

    def __init__(self, client: Any = None) -> None:
        self._client = client

    def map(self, function: Callable[[Task], Result], tasks: Iterable[Task]) -> Iterator[Result]:
        """Raises whatever a task raises. A task whose worker dies is done by another."""
        if self._client is None:
            yield from map(function, tasks)
            return
        import distributed

        as_completed: Any = distributed.as_completed

        waiting = iter(tasks)

        def submit(number: int) -> list[Any]:
            return [
                self._client.submit(function, task, pure=False, retries=RETRIES) for task in islice(waiting, number)
            ]

        threads = max(1, sum(self._client.nthreads().values()))
        futures = as_completed(submit(WAITING * threads))
        for future in futures:
            yield future.result()
            future.release()
            for new in submit(1):
                futures.add(new)


@contextmanager
def workers(number: int | None = None, scheduler: str | None = None, memory: str = "auto") -> Iterator[Workers]:
    """`number` processes of this machine, all cores if None; with 1, this process; with a scheduler, its workers.

    Raises:
        NoWorkers: see there.
    """
    number = number or os.cpu_count() or 1
    if number == 1 and scheduler is None:
        yield Workers()
        return
    try:
        import dask
        import distributed
    except ImportError:
        needed = "pip install 'punchtape[campaign]'"
        raise NoWorkers(f"more than one worker needs Dask distributed ({needed}); or give --workers 1") from None
    library: Any = distributed
    dask.config.set({"distributed.scheduler.allowed-failures": RETRIES, "distributed.logging.distributed": "error"})
    try:
        if scheduler is not None:
            client = library.Client(scheduler, timeout="10s")
        else:
            cluster = library.LocalCluster(
                n_workers=number, threads_per_worker=1, dashboard_address=None, memory_limit=memory
            )
            client = library.Client(cluster)
    except (OSError, ValueError) as problem:
        raise NoWorkers(f"there is no scheduler at {scheduler}: {problem}") from None
    try:
        yield Workers(client)
    finally:
        client.close()
        if scheduler is None:
            cluster.close()
