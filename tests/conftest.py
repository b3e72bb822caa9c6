"""Settings for all tests: one thread a process, and how Hypothesis searches.

Profile `ci` always tries the same examples, `thorough` new ones, and many more. Choose with the environment
variable HYPOTHESIS_PROFILE; a test that sets `max_examples` itself keeps its own number.
"""

import os

from hypothesis import HealthCheck, settings

# The tests run in one process a core; more threads in each of them would only wait for one another.
os.environ.setdefault("OMP_NUM_THREADS", "1")

settings.register_profile(
    "ci", derandomize=True, deadline=None, max_examples=100, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("thorough", deadline=None, max_examples=5000, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))
