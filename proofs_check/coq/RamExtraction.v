(** The specification as an OCaml program, which [proofs_check/extraction.py] compares with [semantics.py].

    Integers become OCaml's, of 63 bits: groups, addresses' groups and jumps are far below that. *)

Require Import ExtrOcamlBasic ExtrOcamlNatInt ExtrOcamlZInt RamMachine RamTokens.

Extraction "ram_tokens.ml" take next_token empty stops lay tok.
