"""Weights and statement for Coq's kernel: the transformer of a Lag system.

`coq/Transformer.v` says what a transformer is, `coq/LagCircuit.v` which weights are right at every window of a Lag
system, whatever its rules, and `coq/LagDecoding.v` why that is enough. The file written here holds the tensors, row by
row without their zeros, and the rules; the kernel compares the one with the other. Its theorems have the weights'
SHA-256 in their names; a test writes it anew and compares.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from compiler.circuits.weights import Weights
from compiler.machines.lag import machine
from compiler.machines.lag.system import LagSystem
from compiler.machines.lag.vocabulary import Token, Vocabulary
from interpreter.export import NotExportable
from interpreter.export.coq import items, lines, weights_text


def lag_file(system: LagSystem, source: str) -> str:
    """The whole file for a Lag system; `source` names its rules.

    Raises:
        NotExportable: see `weights_text`; or a neuron is not one of `compiler.machines.lag.circuit`.
    """
    built = machine(system)
    tokens = Vocabulary(system)
    number = {token: i for i, token in enumerate(tokens)}
    seconds = [token for token in tokens if token.more]
    rules = (
        f"({number[Token(a)]}, {number[Token(b)]}, {items(number[Token(s)] for s in appended)})"
        for a, b, appended in system.rules
    )
    size = len(system.symbols)
    wires = _wires(built.weights, size)
    return _FILE.format(
        source=source,
        sha256=built.weights.sha256(),
        weights=weights_text(built.weights),
        rules=lines(rules),
        symbols=size,
        tokens=len(tokens) - 1,
        neurons=lines(_neurons(built.weights, size, wires)),
        wires=items("None" if wire is None else f"Some {wire}" for wire in wires[1:]),
        right=_RIGHT,
        seconds=items(f"({number[token]}, {number[Token(token.symbol)]})" for token in seconds),
    )


def _wires(weights: Weights, size: int) -> list[int | None]:
    """By token, the wire that its logit reads, counted from 1; None where it reads none, or is `halt`."""
    read = [np.flatnonzero(row) for row in weights.unembedding]
    return [int(dims[0]) - 5 - 3 * size if len(dims) and dims[0] else None for dims in read]


def _neurons(weights: Weights, size: int, wires: list[int | None]) -> Iterator[str]:
    """What each neuron is for, as `rule_neuron` in `LagCircuit.v`; the kernel compares it with the tensors."""
    (layer,) = weights.layers
    for gate, down in zip(layer.gate, layer.down.T):
        match [int(i) for i in np.flatnonzero(gate)], [int(i) for i in np.flatnonzero(down)]:
            case [0, more, first, second], [says]:
                wire = says - 5 - 3 * size
                case = f"{first - 5 - size} {second - 5 - 2 * size} {str(gate[more] > 0).lower()}"
                yield f"n {case} {wire} {wires.index(wire)}"
            case _:
                raise NotExportable("a neuron is not one of the circuit of a Lag system")


_RIGHT = "the_transformer 0 tokens symbols symbol_of more rule first_of_two"
"""What `right_windows` is about. All is named, since Coq, if it is to find it, compares computations."""

_FILE = """\
(** Written by [proofs_check/kernel/lag.py] from the tensors and from the rules of {source}; do not edit.

    Numbers of tokens are those of the vocabulary: 0 halts, {symbols} symbols, then the first ones of two. *)

Require Import Bool List PArith NArith Lia FMapPositive Floats.
Import ListNotations.
Require Import Lag Transformer Offsets LagWindows LagDecoding LagCircuit.

(** * The weights *)

(** The weight of a dimension. *)
Definition w (dimension : positive) (weight : float) : positive * float := (dimension, weight).

{weights}

(** * The rules *)

Local Open Scope N_scope.

Definition table : list (N * N * list N) :=
  {rules}.

Definition rule : N -> N -> option (list N) := rule_of table.

(** Tokens that append the first of two symbols, and the symbol. *)
Definition firsts : list (N * N) := {seconds}.

Definition symbols : list N := map N.of_nat (seq 1 {symbols}).
Definition tokens : list N := map N.of_nat (seq 1 {tokens}).

Definition more (token : N) : bool := existsb (fun pair => N.eqb (fst pair) token) firsts.

Definition symbol_of (token : N) : N :=
  match find (fun pair => N.eqb (fst pair) token) firsts with Some (_, symbol) => symbol | None => token end.

Definition first_of_two (symbol : N) : N :=
  match find (fun pair => N.eqb (snd pair) symbol) firsts with Some (token, _) => token | None => 0 end.

(** * What the neurons are for, and which wire each token but [halt] has *)

Definition n (first second : N) (later : bool) (wire token : N) : rule_neuron :=
  {{| first_symbol := first; second_symbol := second; second_time := later; says := wire; says_token := token |}}.

Definition the_neurons : list rule_neuron :=
  {neurons}.

Definition wires : list (option N) := {wires}.

Definition head_first : head := nth 0 (heads the_layer) {{| relative := []; values := []; outputs := [] |}}.
Definition head_second : head := nth 1 (heads the_layer) {{| relative := []; values := []; outputs := [] |}}.

(** * What the kernel compares *)

Lemma biases : map relative (heads the_layer) = map biases_of (heads the_layer).
Proof. vm_cast_no_check (eq_refl (map relative (heads the_layer))). Qed.

Lemma zeros_steady :
  map (fun t => map (terms the_transformer t) (heads the_layer)) tokens =
  map (fun t => map (expected_terms the_transformer t) (heads the_layer)) tokens.
Proof. vm_cast_no_check (eq_refl (map (fun t => map (terms the_transformer t) (heads the_layer)) tokens)). Qed.

Lemma rows_read : rows_inside the_transformer the_layer = true.
Proof. vm_cast_no_check (eq_refl true). Qed.

Lemma placeless : no_position_read the_transformer the_layer = true.
Proof. vm_cast_no_check (eq_refl true). Qed.

Lemma outputs_first : outputs head_first = map (fun s => [(first_at {symbols} s, 1%float)]) symbols.
Proof. vm_cast_no_check (eq_refl (outputs head_first)). Qed.

Lemma outputs_second : outputs head_second = map (fun s => [(second_at {symbols} s, 1%float)]) symbols.
Proof. vm_cast_no_check (eq_refl (outputs head_second)). Qed.

Lemma seen_first :
  map (fun t => seen the_transformer t head_first) tokens = map (one_hot symbols symbol_of) tokens.
Proof. vm_cast_no_check (eq_refl (map (one_hot symbols symbol_of) tokens)). Qed.

Lemma seen_second :
  map (fun t => seen the_transformer t head_second) tokens = map (one_hot symbols symbol_of) tokens.
Proof. vm_cast_no_check (eq_refl (map (one_hot symbols symbol_of) tokens)). Qed.

Lemma plain_is :
  map (fun t => map (at_dimension (plain the_transformer t)) (inspected {symbols} symbols wires)) tokens =
  map (fun t => map (plain_at {symbols} more t) (inspected {symbols} symbols wires)) tokens.
Proof.
  vm_cast_no_check (eq_refl
    (map (fun t => map (plain_at {symbols} more t) (inspected {symbols} symbols wires)) tokens)).
Qed.

Lemma neurons_are : neurons the_layer = map (neuron_of_unit {symbols}) the_neurons.
Proof. vm_cast_no_check (eq_refl (neurons the_layer)). Qed.

Lemma unembedding_is :
  unembedding the_transformer = [(1%positive, 0x1p-1%float)] :: map (row_of_wire {symbols}) wires.
Proof. vm_cast_no_check (eq_refl (unembedding the_transformer)). Qed.

Lemma sizes :
  forallb (fun s => N.leb 1 s && N.leb s {symbols}) symbols && forallb (N.leb 1) (wires_used wires) = true.
Proof. vm_cast_no_check (eq_refl true). Qed.

Lemma units_are : forallb (fun u => among symbols (first_symbol u) && among symbols (second_symbol u)
                                    && among (wires_used wires) (says u)) the_neurons = true.
Proof. vm_cast_no_check (eq_refl true). Qed.

Lemma all_say_right : forallb (says_right wires table first_of_two) the_neurons = true.
Proof. vm_cast_no_check (eq_refl true). Qed.

Lemma all_rules_there : forallb (rule_there symbols tokens symbol_of more the_neurons first_of_two) table = true.
Proof. vm_cast_no_check (eq_refl true). Qed.

Lemma all_distinct : distinct the_neurons = true.
Proof. vm_cast_no_check (eq_refl true). Qed.

Lemma symbols_are_tokens : forallb
  (fun x => among tokens x && negb (N.eqb x 0) && negb (more x) && N.eqb (symbol_of x) x) symbols = true.
Proof. vm_cast_no_check (eq_refl true). Qed.

Lemma tokens_have_symbols : forallb
  (fun t => among symbols (symbol_of t) && negb (N.eqb t 0)) tokens = true.
Proof. vm_cast_no_check (eq_refl true). Qed.

Lemma right : right_windows {right}.
Proof.
  exact (circuit_is_right {symbols} the_transformer the_layer head_first head_second symbols tokens symbol_of more
    the_neurons wires eq_refl eq_refl eq_refl eq_refl biases zeros_steady rows_read placeless outputs_first
    outputs_second seen_first seen_second plain_is neurons_are unembedding_is sizes (numbers_are_distinct {symbols})
    units_are table first_of_two all_say_right all_rules_there all_distinct symbols_are_tokens tokens_have_symbols).
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
