"""Files for Coq's kernel, written from the tensors: `lag` and `post`, a transformer with its theorem each."""

from proofs_check.kernel.lag import lag_file
from proofs_check.kernel.post import post_file

__all__ = ["lag_file", "post_file"]
