"""How Hypothesis searches: `ci` always tries the same examples, `thorough` new ones, and many more.

Choose with the environment variable HYPOTHESIS_PROFILE; a test that sets `max_examples` itself keeps its own number.
"""

import os

from hypothesis import HealthCheck, settings

settings.register_profile(
    "ci", derandomize=True, deadline=None, max_examples=100, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("thorough", deadline=None, max_examples=5000, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))
