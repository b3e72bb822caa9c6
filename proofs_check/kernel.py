"""Weights and statement for Coq's kernel: a file that evaluates all windows of a transformer and states its theorem.

    python -m proofs_check.kernel RULES > proofs_check/coq/PublishedLag.v

`coq/Transformer.v` says what a transformer is, `coq/LagWindows.v` what has to be evaluated, and `coq/LagDecoding.v` why
it is enough. The file written here holds the tensors, row by row without their zeros, the rules, and those evaluations.
Its theorems have the weights' SHA-256 in their names; a test writes it anew and compares.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from compiler.circuits.weights import Array, LayerWeights
from compiler.machines.lag import machine
from compiler.machines.lag.system import LagSystem, parse
from compiler.machines.lag.vocabulary import Token, Vocabulary
from compiler.machines.machine import Machine


class NotWritable(ValueError):
    """Weights that `coq/Transformer.v` has no words for."""


def weights_text(machine: Machine[Token]) -> str:
    """The definitions `the_layer` and `the_transformer`, of weights with one layer.

    Raises:
        NotWritable: a head has a query or a key, or no relative biases; positions have digits; the form is looped;
            there is more than one layer.
    """
    weights = machine.weights
    if weights.form != "stacked" or weights.radix:
        raise NotWritable("only stacked weights whose positional encoding has no digits")
    if len(weights.layers) != 1:
        raise NotWritable(f"{len(weights.layers)} layers: LagWindows.v is about one")
    return "\n".join(
        (
            _layer(weights.layers[0]),
            f"Definition the_embedding : list row :=\n  {_rows(weights.embedding)}.\n",
            f"Definition the_positional : list row :=\n  {_rows(weights.positional)}.\n",
            f"Definition the_unembedding : list row :=\n  {_rows(weights.unembedding)}.\n",
            "Definition the_transformer : transformer :=",
            "  {| embedding := the_embedding; positional := the_positional; layers := [the_layer];",
            "     unembedding := the_unembedding |}.",
        )
    )


def lag_file(system: LagSystem, source: str) -> str:
    """The whole file for a Lag system; `source` names its rules.

    Raises:
        NotWritable: see `weights_text`.
    """
    built = machine(system)
    tokens = Vocabulary(system)
    number = {token: i for i, token in enumerate(tokens)}
    seconds = [token for token in tokens if token.more]
    rules = (
        f"({number[Token(a)]}, {number[Token(b)]}, {_list(number[Token(s)] for s in appended)})"
        for a, b, appended in system.rules
    )
    some_more = number[seconds[0]] if seconds else 1
    return _FILE.format(
        source=source,
        sha256=built.weights.sha256(),
        windows=f"{len(system.symbols) ** 2:,}",
        weights=weights_text(built),
        rules=_lines(rules),
        symbols=len(system.symbols),
        tokens=len(tokens) - 1,
        some_more=some_more,
        right=_RIGHT,
        seconds=_list(f"({number[token]}, {number[Token(token.symbol)]})" for token in seconds),
    )


def _layer(layer: LayerWeights) -> str:
    if layer.query.any() or layer.key.any():
        raise NotWritable("a head has a query: Transformer.v knows heads at fixed relative offsets")
    if layer.relative is None and len(layer.query):
        raise NotWritable("a head has no relative biases")
    heads = (
        f"{{| relative := {_list(map(_float, relative))}%float;\n       values := {_rows(value)};\n"
        f"       outputs := {_rows(output.T)} |}}"
        for relative, value, output in zip(
            layer.relative if layer.relative is not None else (), layer.value, layer.output
        )
    )
    neurons = (
        f"neuron_of {_row(gate)} {_row(up)} {_row(down)}" for gate, up, down in zip(layer.gate, layer.up, layer.down.T)
    )
    return (
        "Definition neuron_of (g u d : row) : neuron := {| gate := g; up := u; down := d |}.\n\n"
        f"Definition the_layer : layer :=\n  {{| heads := {_lines(heads)};\n     neurons := {_lines(neurons)} |}}.\n"
    )


def _rows(rows: Array) -> str:
    return _lines(map(_row, rows))


def _row(row: Array) -> str:
    """Dimensions are counted from 1, since Coq's `positive` has no 0."""
    return _list(f"w {i + 1} {_float(row[i])}" for i in np.flatnonzero(row))


def _float(value: float) -> str:
    """Exactly this number: Coq reads hexadecimal floats."""
    if np.isinf(value):
        return "neg_infinity" if value < 0 else "infinity"
    text = str(int(value)) if value == int(value) else float(value).hex()
    return f"({text})" if value < 0 else text


def _list(items: Iterable[object]) -> str:
    return f"[{'; '.join(map(str, items))}]"


def _lines(items: Iterable[str]) -> str:
    return "[" + ";\n   ".join(items) + "]"


_RIGHT = "the_transformer 0 tokens symbols symbol_of more rule first_of_two"
"""What `right_windows` is about. All is named, since Coq, if it is to find it, compares computations."""

_FILE = """\
(** Written by [proofs_check/kernel.py] from the tensors and from the rules of {source}; do not edit.

    Numbers of tokens are those of the vocabulary: 0 halts, {symbols} symbols, then the first ones of two. *)

Require Import Bool List PArith NArith Lia FMapPositive Floats.
Import ListNotations.
Require Import Lag Transformer LagWindows LagDecoding.

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

Lemma right : right_windows {right}.
Proof.
  exact (windows_are_right the_transformer the_layer one_layer 0 tokens symbols symbol_of more rule first_of_two
           1 {some_more} alike_seen alike_read rows_are_read all_right_with all_right_after_first all_well_formed
           symbols_are_tokens tokens_have_symbols).
Qed.

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
  - intros n after runs. exact (decoding_follows {right} right n queue after whole runs).
  - intros m last runs. exact (decoding_goes_nowhere_else {right} right m queue last whole runs).
  - exact (decoding_halts {right} right queue whole).
Qed.

Print Assumptions decoding_is_the_lag_system_{sha256}.
"""


def main(arguments: Sequence[str]) -> int:
    """Writes the file for a text of rules to standard output."""
    if len(arguments) != 1:
        print("usage: python -m proofs_check.kernel RULES", file=sys.stderr)
        return 2
    path = Path(arguments[0])
    sys.stdout.write(lag_file(parse(path.read_text(encoding="utf-8"), arguments[0]), path.name))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
