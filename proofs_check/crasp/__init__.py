"""What the proofs know of counter machines by uniform attention."""
