"""Weights and statement for Coq's kernel: a file that evaluates all windows of the transformer of a Lag system.

`coq/Transformer.v` says what a transformer is, `coq/LagDecoding.v` what has to be evaluated and why it is enough. The
file written here holds the tensors, row by row without their zeros, the rules, and those evaluations. Its theorems have
the weights' SHA-256 in their names; a test writes it anew and compares.
"""

from __future__ import annotations

from compiler.machines.lag import machine
from compiler.machines.lag.system import LagSystem
from compiler.machines.lag.vocabulary import Token, Vocabulary
from interpreter.export.coq import items, lines, weights_text


def lag_file(system: LagSystem, source: str) -> str:
    """The whole file for a Lag system; `source` names its rules.

    Raises:
        NotExportable: see `weights_text`.
    """
    built = machine(system)
    tokens = Vocabulary(system)
    number = {token: i for i, token in enumerate(tokens)}
    seconds = [token for token in tokens if token.more]
    rules = (
        f"({number[Token(a)]}, {number[Token(b)]}, {items(number[Token(s)] for s in appended)})"
        for a, b, appended in system.rules
    )
    some_more = number[seconds[0]] if seconds else 1
    return _FILE.format(
        source=source,
        sha256=built.weights.sha256(),
        windows=f"{len(system.symbols) ** 2:,}",
        weights=weights_text(built.weights),
        rules=lines(rules),
        symbols=len(system.symbols),
        tokens=len(tokens) - 1,
        some_more=some_more,
        arguments=_ARGUMENTS.format(some_more),
        seconds=items(f"({number[token]}, {number[Token(token.symbol)]})" for token in seconds),
    )


_ARGUMENTS = """the_transformer the_layer one_layer 0 tokens symbols symbol_of more
      rule first_of_two 1 {} alike_seen alike_read rows_are_read all_right_with all_right_after_first all_well_formed
      symbols_are_tokens tokens_have_symbols"""
"""All named, since Coq, if it is to find them, compares computations."""

_FILE = """\
(** Written by [proofs_check/kernel/lag.py] from the tensors and from the rules of {source}; do not edit.

    Numbers of tokens are those of the vocabulary: 0 halts, {symbols} symbols, then the first ones of two. *)

Require Import Bool List PArith NArith Lia FMapPositive Floats.
Import ListNotations.
Require Import Lag Transformer LagDecoding.

(** * The weights *)

(** The weight of a dimension. *)
Definition w (dimension : positive) (weight : float) : positive * float := (dimension, weight).

{weights}

(** * The rules *)

Local Open Scope N_scope.

Definition table : list (N * N * list N) :=
  {rules}.

Definition rule (a b : N) : option (list N) :=
  match find (fun entry => N.eqb (fst (fst entry)) a && N.eqb (snd (fst entry)) b) table with
  | Some (_, appended) => Some appended
  | None => None
  end.

(** Tokens that append the first of two symbols, and the symbol. *)
Definition firsts : list (N * N) := {seconds}.

Definition symbols : list N := map N.of_nat (seq 1 {symbols}).
Definition tokens : list N := map N.of_nat (seq 1 {tokens}).

Definition more (token : N) : bool := existsb (fun pair => N.eqb (fst pair) token) firsts.

Definition symbol_of (token : N) : N :=
  match find (fun pair => N.eqb (fst pair) token) firsts with Some (_, symbol) => symbol | None => token end.

Definition first_of_two (symbol : N) : N :=
  match find (fun pair => N.eqb (snd pair) symbol) firsts with Some (token, _) => token | None => 0 end.

(** * What the kernel evaluates *)

Lemma one_layer : layers the_transformer = [the_layer].
Proof. reflexivity. Qed.

Lemma alike_seen :
  map (fun p => map (seen the_transformer the_layer p) tokens) places =
  map (fun p => map (fun t =>
    seen the_transformer the_layer p (stand_in symbol_of more 1 {some_more} p t)) tokens) places.
Proof. vm_cast_no_check (eq_refl (map (fun p => map (seen the_transformer the_layer p) tokens) places)). Qed.

Lemma alike_read :
  map (read the_transformer the_layer) tokens =
  map (fun t => read the_transformer the_layer (stand_in symbol_of more 1 {some_more} 2 t)) tokens.
Proof. vm_cast_no_check (eq_refl (map (read the_transformer the_layer) tokens)). Qed.

Lemma rows_are_read :
  forallb (fun n => within (reads the_transformer the_layer) (gate n)
                    && within (reads the_transformer the_layer) (up n)) (neurons the_layer)
  && forallb (within (reads the_transformer the_layer)) (unembedding the_transformer) = true.
Proof. vm_cast_no_check (eq_refl true). Qed.

(** All {windows} windows. *)
Lemma all_right_with : forallb (right_with the_transformer the_layer 0 symbols rule first_of_two 1) symbols = true.
Proof. vm_cast_no_check (eq_refl true). Qed.

Lemma all_right_after_first :
  at_all_windows symbols (right_after_first the_transformer the_layer rule {some_more}) = true.
Proof. vm_cast_no_check (eq_refl true). Qed.

Lemma all_well_formed :
  at_all_windows symbols (well_formed_at tokens symbols symbol_of more rule first_of_two) = true.
Proof. vm_cast_no_check (eq_refl true). Qed.

Lemma symbols_are_tokens : forallb
  (fun x => among tokens x && negb (N.eqb x 0) && negb (more x) && N.eqb (symbol_of x) x) symbols = true.
Proof. vm_cast_no_check (eq_refl true). Qed.

Lemma tokens_have_symbols : forallb
  (fun t => among symbols (symbol_of t) && negb (N.eqb t 0)) tokens = true.
Proof. vm_cast_no_check (eq_refl true). Qed.

(** * The theorem, about the weights with this SHA-256 *)

Notation decode := (decode the_transformer 0 more).
Notation decode_step := (decode_step the_transformer 0 more).
Notation settled := (settled 0 tokens more).

(** For every queue and every number of steps, decoding is the Lag system: it comes to all that the system comes to,
    in at most two tokens a step; to nothing else, with a token that wins everywhere; and it halts where the system
    does. *)
Theorem decoding_is_the_lag_system_{sha256} :
  forall queue, settled queue ->
    (forall n after, run rule n (map symbol_of queue) = Some after ->
      exists m last, (n <= m <= 2 * n)%nat /\\ decode m queue = Some last /\\ settled last
        /\\ map symbol_of last = after) /\\
    (forall m last, decode m queue = Some last ->
      reached 0 tokens symbol_of more rule first_of_two (map symbol_of queue) last
        /\\ decode_step last <> Undecided) /\\
    ((exists m last, decode m queue = Some last /\\ decode_step last = Halted)
      <-> halts rule (map symbol_of queue)).
Proof.
  intros queue whole. split; [|split].
  - intros n after runs. exact (decoding_follows {arguments} n queue after whole runs).
  - intros m last runs. exact (decoding_goes_nowhere_else {arguments} m queue last whole runs).
  - exact (decoding_halts {arguments} queue whole).
Qed.

Print Assumptions decoding_is_the_lag_system_{sha256}.
"""
