"""Files for Coq's kernel, written from the tensors: Lag systems and Post machines, with a theorem each."""

from proofs_check.kernel.lag import lag_file
from proofs_check.kernel.post import post_file
from proofs_check.kernel.universal import universal_file

__all__ = ["lag_file", "post_file", "universal_file"]
