"""Who does the tasks: this process, processes of this machine, or a cluster that runs elsewhere."""

from __future__ import annotations

import logging
import os
import signal
import warnings
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError
from contextlib import contextmanager
from typing import Any, TypeVar

from interpreter import how_to_install

Task = TypeVar("Task")
Result = TypeVar("Result")

WAITING = 4
"""Tasks a worker that are handed out at a time: enough to keep it busy, few enough to lose nothing worth keeping."""
RETRIES = 10
"""How often a task is given to another worker when the one that had it is gone."""


class NoWorkers(RuntimeError):
    """There is no Dask or no scheduler at the address, or the workers die of a task; the message says what to do."""


class Workers:
    """Carries out functions of picklable tasks; the results come in the order in which they are ready."""

    def __init__(self, client: Any = None) -> None:
        self._client = client

    @property
    def number(self) -> int:
        """How many tasks are done at the same time."""
        return 1 if self._client is None else max(1, sum(self._client.nthreads().values()))

    def map(
        self, function: Callable[..., Result], tasks: Iterable[Task | None], shared: object = None
    ) -> Iterator[Result]:
        """Raises whatever a task raises, and NoWorkers. A task whose worker dies is done by another.

        tasks: may depend on results: None stands for *nothing before another result is in*. shared: if it is given, a
        second argument of the function, which is sent to each worker once.
        """
        given = () if shared is None else (shared,)
        waiting = iter(tasks)
        if self._client is None:
            while (task := next(waiting, None)) is not None:
                yield function(task, *given)
            return
        import distributed

        as_completed: Any = distributed.as_completed
        # The result of a task, unlike what is only sent, is made again if all workers that have it are gone.
        with warnings.catch_warnings():
            # Dask would have large arguments loaded by the workers; these are in no file.
            warnings.filterwarnings("ignore", "Sending large graph")
            sent = [self._client.submit(_same, value, pure=False, retries=RETRIES) for value in given]
        futures = as_completed([])
        room, running = WAITING * self.number, 0
        while True:
            while running < room and (task := next(waiting, None)) is not None:
                futures.add(self._client.submit(function, task, *sent, pure=False, retries=RETRIES))
                running += 1
            if running == 0:
                return
            future = next(futures)
            running -= 1
            try:
                result = future.result()
            except distributed.KilledWorker:
                raise NoWorkers(
                    "a task has ended every worker that had it: with fewer workers, each has more memory"
                ) from None
            except CancelledError:
                raise NoWorkers("the scheduler is gone") from None
            yield result
            future.release()


def _same(value: Result) -> Result:
    return value


def _end_at_once(cluster: Any) -> None:
    """Ends the processes of a local cluster: all results are in, or nobody waits for them any more."""
    for nanny in cluster.workers.values():
        nanny.close_gracefully()  # or it would start another one
        if nanny.pid is not None:
            os.kill(nanny.pid, signal.SIGKILL)


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
        needed = how_to_install("campaign")
        raise NoWorkers(f"more than one worker needs Dask distributed ({needed}); or give --workers 1") from None
    library: Any = distributed
    dask.config.set({"distributed.scheduler.allowed-failures": RETRIES})
    # What of its workings fails is done again, or raised; the rest is nobody's business.
    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    try:
        if scheduler is not None:
            client = library.Client(scheduler, timeout="10s")
        else:
            cluster = library.LocalCluster(
                n_workers=number, threads_per_worker=1, dashboard_address=":0", memory_limit=memory
            )
            client = library.Client(cluster)
    except (OSError, ValueError) as problem:
        raise NoWorkers(f"there is no scheduler at {scheduler}: {problem}") from None
    try:
        yield Workers(client)
    finally:
        if scheduler is None:
            _end_at_once(cluster)
        client.close()
        if scheduler is None:
            cluster.close()
