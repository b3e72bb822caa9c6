"""Export as a file for Coq: weights and statement, which the kernel checks with `proofs_check/coq`.

The heads of the machine have fixed offsets, so that its next token is a function of finitely many windows: the last
token, and the tokens at the offsets, or that there is none. Tokens that look alike at a place count as one. The file
has the weights, the next token of every window, and the theorem that this is the next token of every trace
(`next_is_in_the_table` in `proofs_check/coq/Offsets.v`), by an evaluation of all windows in the kernel.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import product
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from compiler.circuits.weights import Array, LayerWeights, Weights
from compiler.machines.machine import Machine
from compiler.storage.writing import UnfinishedFile, write_whole
from interpreter.export import NotExportable

MOST_WINDOWS = 100_000
"""The kernel evaluates some thousand windows a second for a machine of a hundred neurons."""


def write(machine: Machine[Any], output: Path, positions: int) -> None:
    """Writes the file; see `Target.write`.

    Raises:
        NotExportable: see `weights_text`; or there are more windows than `MOST_WINDOWS`, a window where two tokens are
            largest, or a position is read.
    """
    try:
        text = coq_file(machine)
    except NotExportable as problem:
        raise NotExportable(
            f"the {machine.name} machine is not one for Coq's files: {problem}\n"
            "hint: `punchtape check` proves what it can of every machine; --to safetensors exports its weights"
        ) from None
    write_whole(UnfinishedFile(output), text.encode())


def coq_file(machine: Machine[Any]) -> str:
    """The text of the file."""
    weights = machine.weights
    definitions = weights_text(weights)
    windows = Windows(weights)
    names = [str(token) for token in machine.vocabulary]
    return _FILE.format(
        name=machine.name,
        sha256=weights.sha256(),
        windows=f"{windows.count:,}",
        tokens="\n".join(f"    {i}  {comment(name)}" for i, name in enumerate(names)),
        weights=definitions,
        most=len(names),
        distances=items(windows.distances),
        alike_last=items(windows.last),
        alike_found=lines(f"({d}%nat, {items(windows.found[d])})" for d in windows.distances),
        results=items(windows.results()),
    )


def comment(text: str) -> str:
    """A text as it may stand in a comment of Coq: no quotes, no comment's begin or end."""
    return text.replace('"', "''").replace("(*", "( *").replace("*)", "* )")


class Windows:
    """All windows of a machine whose heads have fixed offsets.

    Attributes:
        distances: the offsets of the heads, each once.
        last: by token, the first token that looks like it where it is the last one.
        found: by distance and token, the first token that looks like it to the heads of this offset.
        count: how many windows there are.
    """

    def __init__(self, weights: Weights) -> None:
        (self.layer,) = weights.layers
        self.unembedding = weights.unembedding
        self.plain = weights.embedding + weights.positional[0]
        relative = self.layer.relative if self.layer.relative is not None else np.zeros((0, 1))
        self.offsets = [_offset(biases) for biases in relative]
        self.distances = sorted(set(self.offsets))
        read = np.abs(np.concatenate([self.layer.gate, self.layer.up, self.unembedding])).sum(0) > 0
        copied = np.abs(self.layer.value).sum((0, 1)) > 0
        if weights.positional[1:, read | copied].any():
            raise NotExportable("a position is read: what follows depends on more than the tokens at fixed offsets")
        self.last = _first_alike(np.where(read, self.plain, 0))
        self.brought = np.einsum("hvd,nd->hnv", self.layer.value, self.plain)
        self.found = {
            d: _first_alike(np.concatenate([b for b, o in zip(self.brought, self.offsets) if o == d], 1))
            for d in self.distances
        }
        self.count = len(set(self.last)) * prod(len(self._choices(d)) for d in self.distances)
        if self.count > MOST_WINDOWS:
            raise NotExportable(
                f"{self.count:,} windows of tokens that look different: at most {MOST_WINDOWS:,} are written"
            )

    def results(self) -> list[int]:
        """The next token of every window, in the order of `windows` in `Offsets.v`.

        Raises:
            NotExportable: two logits are largest.
        """
        found = product(*map(self._choices, self.distances))
        written = self._written()
        streams = [
            sum((written[d][token] for d, token in zip(self.distances, tokens)), self.plain[0] * 0) for tokens in found
        ]
        return [self._next(self.plain[last] + stream) for last in sorted(set(self.last)) for stream in streams]

    def _choices(self, distance: int) -> list[int]:
        """The tokens that stand for all at this distance; -1 where there is none."""
        return [-1] * (distance > 0) + sorted(set(self.found[distance]))

    def _written(self) -> dict[int, Array]:
        """By distance: what the heads write for each token, and zeros for none, which is the last row."""
        heads = np.einsum("hdv,hnv->hnd", self.layer.output, self.brought)
        none = np.zeros((1, heads.shape[2]))
        return {
            d: np.concatenate([sum((h for h, o in zip(heads, self.offsets) if o == d), 0 * heads[0]), none])
            for d in self.distances
        }

    def _next(self, stream: Array) -> int:
        neurons = np.maximum(self.layer.gate @ stream, 0) * (self.layer.up @ stream)
        logits = self.unembedding @ (stream + self.layer.down @ neurons)
        best = int(logits.argmax())
        if np.count_nonzero(logits == logits[best]) > 1:
            raise NotExportable("a window has two tokens whose logits are largest: the next token has to be decided")
        return best


def _offset(biases: Array) -> int:
    """The distance at which the bias is 0, where it is -inf everywhere else."""
    (zeros,) = np.nonzero(biases == 0)
    if len(zeros) != 1 or not np.isneginf(np.delete(biases, zeros)).all() or zeros[0] == len(biases) - 1:
        raise NotExportable("a head looks at more than one place: Offsets.v knows heads at fixed offsets")
    return int(zeros[0])


def _first_alike(vectors: Array) -> list[int]:
    """By row, the number of the first row that equals it."""
    first: dict[bytes, int] = {}
    return [first.setdefault((vector + 0.0).tobytes(), i) for i, vector in enumerate(vectors)]


def weights_text(weights: Weights) -> str:
    """The definitions `the_layer` and `the_transformer`, of weights with one layer.

    Raises:
        NotExportable: a head has a query or a key, or no relative biases; positions have digits; the form is looped;
            there is more than one layer.
    """
    if weights.form != "stacked" or weights.radix:
        what = "its form is looped" if weights.form != "stacked" else "positions have digits"
        raise NotExportable(f"{what}, and the transformer of Transformer.v is one layer that knows no positions")
    if len(weights.layers) != 1:
        raise NotExportable(f"{len(weights.layers)} layers: the files of proofs_check/coq are about one")
    return "\n".join(
        (
            _layer(weights.layers[0]),
            f"Definition the_embedding : list row :=\n  {rows(weights.embedding)}.\n",
            f"Definition the_positional : list row :=\n  {rows(weights.positional)}.\n",
            f"Definition the_unembedding : list row :=\n  {rows(weights.unembedding)}.\n",
            "Definition the_transformer : transformer :=",
            "  {| embedding := the_embedding; positional := the_positional; layers := [the_layer];",
            "     unembedding := the_unembedding |}.",
        )
    )


def _layer(layer: LayerWeights) -> str:
    if layer.query.any() or layer.key.any():
        raise NotExportable("a head has a query: Transformer.v knows heads at fixed relative offsets")
    if layer.relative is None and len(layer.query):
        raise NotExportable("a head has no relative biases")
    heads = (
        f"{{| relative := {items(map(number, relative))}%float;\n       values := {rows(value)};\n"
        f"       outputs := {rows(output.T)} |}}"
        for relative, value, output in zip(
            layer.relative if layer.relative is not None else (), layer.value, layer.output
        )
    )
    neurons = (
        f"neuron_of {row(gate)} {row(up)} {row(down)}" for gate, up, down in zip(layer.gate, layer.up, layer.down.T)
    )
    return (
        "Definition neuron_of (g u d : row) : neuron := {| gate := g; up := u; down := d |}.\n\n"
        f"Definition the_layer : layer :=\n  {{| heads := {lines(heads)};\n     neurons := {lines(neurons)} |}}.\n"
    )


def rows(matrix: Array) -> str:
    """A list of rows."""
    return lines(map(row, matrix))


def row(vector: Array) -> str:
    """The entries that are not 0. Dimensions are counted from 1, since Coq's `positive` has no 0."""
    return items(f"w {i + 1} {number(vector[i])}" for i in np.flatnonzero(vector))


def number(value: float) -> str:
    """Exactly this number: Coq reads hexadecimal floats."""
    if np.isinf(value):
        return "neg_infinity" if value < 0 else "infinity"
    text = str(int(value)) if value == int(value) else float(value).hex()
    return f"({text})" if value < 0 else text


def items(written: Iterable[object]) -> str:
    """A list in one line."""
    return f"[{'; '.join(map(str, written))}]"


def lines(written: Iterable[str]) -> str:
    """A list with a line an entry."""
    return "[" + ";\n   ".join(written) + "]"


_FILE = """\
(** The machine {name} for the kernel of Coq: written by [punchtape export --to coq] from its tensors.

    Check it with the files of proofs_check/coq: [coqc -Q proofs_check/coq "" FILE.v]. Its tokens:

{tokens} *)

Require Import Bool List PArith NArith FMapPositive Floats.
Import ListNotations.
Require Import Transformer Offsets.

(** * The weights *)

(** The weight of a dimension. *)
Definition w (dimension : positive) (weight : float) : positive * float := (dimension, weight).

{weights}

(** * The statement *)

Local Open Scope N_scope.

Definition tokens : list N := map N.of_nat (seq 0 {most}).

(** How far back the heads look. *)
Definition distances : list nat := {distances}%nat.

(** By token, the first one that looks like it: where it is last, … *)
Definition alike_last : list N := {alike_last}.
Definition some_last (token : N) : N := nth (N.to_nat token) alike_last 0.

(** … and to the heads at each distance. *)
Definition alike_found : list (nat * list N) := {alike_found}.
Definition some_found (distance : nat) (token : N) : N :=
  match find (fun entry => Nat.eqb (fst entry) distance) alike_found with
  | Some (_, alike) => nth (N.to_nat token) alike 0
  | None => 0
  end.

(** What there can be at each place: all tokens that look different, and none. *)
Definition first_ones (alike : list N) : list N :=
  filter (fun token => N.eqb (nth (N.to_nat token) alike 0) token) tokens.
Definition lasts : list N := first_ones alike_last.
Definition founds : list (list (option N)) :=
  map (fun entry => (if Nat.eqb (fst entry) 0 then [] else [None]) ++ map Some (first_ones (snd entry))) alike_found.

(** All windows, {windows}, and the next token of each. *)
Definition all_windows : list window := windows lasts founds.
Definition results : list N := {results}.
Definition table : list (window * N) := combine all_windows results.

(** * What the kernel evaluates *)

Lemma biases : map relative (heads the_layer) = map biases_of (heads the_layer).
Proof. vm_cast_no_check (eq_refl (map relative (heads the_layer))). Qed.

Lemma zeros_and_steady :
  map (fun token => map (terms the_transformer token) (heads the_layer)) tokens =
  map (fun token => map (expected_terms the_transformer token) (heads the_layer)) tokens.
Proof. vm_cast_no_check (eq_refl (map (fun token => map (terms the_transformer token) (heads the_layer)) tokens)). Qed.

Lemma rows_read : rows_inside the_transformer the_layer && no_position_read the_transformer the_layer = true.
Proof. vm_cast_no_check (eq_refl true). Qed.

Lemma alike_where_last : map (read_of the_transformer the_layer) tokens =
  map (fun token => read_of the_transformer the_layer (some_last token)) tokens.
Proof. vm_cast_no_check (eq_refl (map (read_of the_transformer the_layer) tokens)). Qed.

Lemma alike_where_found :
  map (fun h => map (fun token => weighted h 1 (plain the_transformer token)) tokens) (heads the_layer) =
  map (fun h => map (fun token => weighted h 1 (plain the_transformer (some_found (distance_of h) token))) tokens)
    (heads the_layer).
Proof. vm_cast_no_check (eq_refl (
  map (fun h => map (fun token => weighted h 1 (plain the_transformer token)) tokens) (heads the_layer))). Qed.

Lemma all_are_listed :
  forallb (fun h => existsb (Nat.eqb (distance_of h)) distances) (heads the_layer)
  && forallb (fun token => among lasts (some_last token)) tokens
  && forallb (fun place =>
    (offered (snd place) None || Nat.eqb (fst place) 0)
    && forallb (fun token => offered (snd place) (Some (some_found (fst place) token))) tokens)
    (combine distances founds) = true.
Proof. vm_cast_no_check (eq_refl true). Qed.

Lemma all_results : map (next_in the_transformer the_layer distance_of distances) all_windows = map Some results.
Proof. vm_cast_no_check (eq_refl (map Some results)). Qed.

(** * The theorem, about the weights with this SHA-256 *)

(** After every trace, however long, the next token is the one that the table has for what is seen. *)

Theorem next_token_of_{sha256} :
  forall trace token, Forall (fun token => In token tokens) (trace ++ [token]) ->
    exists next, In (window_of some_last some_found distances trace token, next) table
      /\\ next_token the_transformer (trace ++ [token]) = Some next.
Proof.
  pose proof all_are_listed as listed. apply andb_prop in listed as [listed found_listed].
  apply andb_prop in listed as [distances_listed last_listed]. destruct (andb_prop _ _ rows_read) as [inside placeless].
  exact (next_is_in_the_table the_transformer the_layer eq_refl distance_of (all_look_back_by the_layer biases) tokens
    zeros_and_steady inside placeless some_last some_found distances alike_where_last alike_where_found distances_listed
    lasts founds last_listed eq_refl found_listed results all_results).
Qed.

Print Assumptions next_token_of_{sha256}.
"""
