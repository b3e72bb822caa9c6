"""Settings for all tests: one thread a process, a cache of their own, how Hypothesis searches, terminal signals.

Profile `ci` always tries the same examples, `thorough` new ones, and many more. Choose with the environment
variable HYPOTHESIS_PROFILE; a test that sets `max_examples` itself keeps its own number.
"""

import os
import signal
import tempfile

import pytest
from hypothesis import HealthCheck, settings

# The tests run in one process a core; more threads in each of them would only wait for one another.
os.environ.setdefault("OMP_NUM_THREADS", "1")

settings.register_profile(
    "ci", derandomize=True, deadline=None, max_examples=100, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("thorough", deadline=None, max_examples=5000, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))


def pytest_configure(config: pytest.Config) -> None:
    """What is kept between runs is kept for these tests only, and nothing that is there already is taken.

    Processes of pytest-xdist, which begin after this one and inherit its variables, share it.
    """
    if "PYTEST_XDIST_WORKER" not in os.environ:
        folder = tempfile.TemporaryDirectory(prefix="punchtape-tests-")
        config.add_cleanup(folder.cleanup)
        os.environ["XDG_CACHE_HOME"] = folder.name


@pytest.fixture(scope="session", autouse=True)
def signals_as_in_a_terminal() -> None:
    """Signals that whoever started the tests has ignored do again what they do in a terminal.

    `nohup` ignores SIGHUP, and a shell without job control SIGINT of what it runs in the background. Python and all
    processes that tests start inherit that, and then a test that sends such a signal waits for nothing.
    """
    defaults = {
        signal.SIGINT: signal.default_int_handler,
        signal.SIGHUP: signal.SIG_DFL,
        signal.SIGTERM: signal.SIG_DFL,
    }
    for number, default in defaults.items():
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, default)
