"""Weights and statement for Coq's kernel: the transformer of a Post machine, in a window of any size.

`coq/PostDecoding.v` says what has to be evaluated and why it is enough. The window is in the head's relative bias
alone, so that the theorem is about all of them; the SHA-256 in its names is that of one, `WINDOW`, whose bias is
written out.
"""

from __future__ import annotations

from compiler.machines.post import WINDOW, machine
from compiler.machines.post.rules import PostMachine
from compiler.machines.post.vocabulary import Token, Vocabulary
from interpreter.export.coq import lines, weights_text


def post_file(post: PostMachine, source: str) -> str:
    """The whole file for a Post machine; `source` names its rules.

    Raises:
        NotExportable: see `weights_text`.
    """
    built = machine(post, WINDOW)
    state = {q: i for i, q in enumerate(post.states)}
    symbol = {a: i for i, a in enumerate(post.symbols)}
    tokens = list(Vocabulary(post))
    assert tokens[1:] == [Token(a, q) for q in post.states for a in post.symbols]
    return _FILE.format(
        source=source,
        window=WINDOW,
        sha256=built.weights.sha256(),
        weights=weights_text(built.weights),
        rules=lines(f"({state[q]}, {symbol[a]}, {symbol[b]}, {state[r]})" for q, a, b, r in post.rules),
        states=len(state),
        symbols=len(symbol),
        tokens=len(tokens) - 1,
    )


_FILE = """\
(** Written by [proofs_check/kernel/post.py] from the tensors and from the rules of {source}; do not edit.

    The token that appends the symbol [a] and comes to the state [q] has the number [1 + {symbols} q + a]; 0 halts. *)

Require Import Bool List PArith NArith Lia FMapPositive Floats.
Import ListNotations.
Require Import Post Transformer Offsets PostDecoding.

(** * The weights, in a window of {window} *)

(** The weight of a dimension. *)
Definition w (dimension : positive) (weight : float) : positive * float := (dimension, weight).

{weights}

(** * The same in a window of any size *)

Definition the_values : list row := flat_map values (heads the_layer).
Definition the_outputs : list row := flat_map outputs (heads the_layer).

Notation part f := (f the_embedding the_positional the_unembedding the_values the_outputs (neurons the_layer)).

Definition in_window : nat -> transformer := part transformer_of.

Definition layer_in_window : nat -> layer := layer_of the_values the_outputs (neurons the_layer).

Lemma these_are_the_weights : in_window {window} = the_transformer.
Proof. reflexivity. Qed.

(** * The rules: state, symbol taken off, symbol appended, next state *)

Local Open Scope N_scope.

Definition table : list (N * N * N * N) :=
  {rules}.

Definition rule (q a : N) : option (N * N) :=
  match find (fun entry => match entry with (q', a', _, _) => N.eqb q' q && N.eqb a' a end) table with
  | Some (_, _, b, r) => Some (b, r)
  | None => None
  end.

Definition states : list N := map N.of_nat (seq 0 {states}).
Definition symbols : list N := map N.of_nat (seq 0 {symbols}).
Definition tokens : list N := map N.of_nat (seq 1 {tokens}).

Definition token_of (a q : N) : N := 1 + {symbols} * q + a.
Definition state_of (token : N) : N := (token - 1) / {symbols}.
Definition symbol_of (token : N) : N := (token - 1) mod {symbols}.

(** Tokens that stand for all of their state, and for all of their symbol. *)
Definition some_of_state : N -> N := token_of 0.
Definition some_of_symbol (a : N) : N := token_of a 0.

(** * What the kernel evaluates *)

Lemma zeros_steady :
  map (fun t => map (terms (in_window 1) t) (heads (layer_in_window 1))) tokens =
  map (fun t => map (expected_terms (in_window 1) t) (heads (layer_in_window 1))) tokens.
Proof. vm_cast_no_check (eq_refl (map (fun t => map (terms (in_window 1) t) (heads (layer_in_window 1))) tokens)). Qed.

Lemma rows_read : rows_inside (in_window 1) (layer_in_window 1) = true.
Proof. vm_cast_no_check (eq_refl true). Qed.

Lemma placeless : no_position_read (in_window 1) (layer_in_window 1) = true.
Proof. vm_cast_no_check (eq_refl true). Qed.

Lemma alike_newest :
  map (part newest) tokens = map (fun t => part newest (some_of_state (state_of t))) tokens.
Proof. vm_cast_no_check (eq_refl (map (part newest) tokens)). Qed.

Lemma alike_oldest :
  map (part brought_by) tokens = map (fun t => part brought_by (some_of_symbol (symbol_of t))) tokens.
Proof. vm_cast_no_check (eq_refl (map (part brought_by) tokens)). Qed.

(** All pairs of the newest and the oldest token. *)
Lemma all_right :
  forallb (fun q => forallb (part right_at 0 token_of rule some_of_state some_of_symbol q) symbols) states = true.
Proof. vm_cast_no_check (eq_refl true). Qed.

Lemma all_well_formed :
  forallb (fun q => forallb (well_formed_at 0 tokens state_of symbol_of token_of rule q) symbols) states = true.
Proof. vm_cast_no_check (eq_refl true). Qed.

Lemma tokens_named :
  forallb (fun t => among states (state_of t) && among symbols (symbol_of t)) tokens = true.
Proof. vm_cast_no_check (eq_refl true). Qed.

Lemma every_pair_is_a_token :
  forallb (fun q => forallb (fun a => let token := token_of a q in
    among tokens token && N.eqb (symbol_of token) a && N.eqb (state_of token) q) symbols) states = true.
Proof. vm_cast_no_check (eq_refl true). Qed.

(** * The theorem, about the weights that have this SHA-256 in a window of {window} *)

Notation decode := (part decode 0).
Notation decode_step := (part decode_step 0).
Notation configuration := (configuration 0 state_of symbol_of).

(** For every size of the window, every queue of that size and every number of steps, decoding is the Post machine: a
    token is a step, and the token [halt] comes where the machine halts, and nowhere else. *)
Theorem decoding_is_the_post_machine_{sha256} :
  forall window seen, full tokens window seen ->
    (forall n, match post_run rule n (configuration seen) with
      | Some after =>
          exists last, decode window n seen = Some last /\\ full tokens window last /\\ configuration last = after
      | None => decode window n seen = None
      end) /\\
    ((exists n last, decode window n seen = Some last /\\ decode_step window last = Halted)
      <-> post_halts rule (configuration seen)).
Proof.
  intros window seen whole. split.
  - intro n. exact (decoding_is_the_post_machine _ _ _ _ _ _ 0 tokens state_of symbol_of token_of rule states symbols
      some_of_state some_of_symbol zeros_steady rows_read placeless alike_newest alike_oldest all_right all_well_formed
      tokens_named window n seen whole).
  - exact (decoding_halts _ _ _ _ _ _ 0 tokens state_of symbol_of token_of rule states symbols
      some_of_state some_of_symbol zeros_steady rows_read placeless alike_newest alike_oldest all_right all_well_formed
      tokens_named window seen whole).
Qed.

(** Every state and every queue that is not empty have a prompt. *)
Theorem every_configuration_has_a_prompt_{sha256} :
  forall q queue, In q states -> Forall (fun a => In a symbols) queue -> (1 <= length queue)%nat ->
    full tokens (length queue) (map (fun a => token_of a q) queue) /\\
    configuration (map (fun a => token_of a q) queue) = (q, queue).
Proof.
  exact (every_configuration_has_a_prompt 0 tokens state_of symbol_of token_of states symbols every_pair_is_a_token).
Qed.

Print Assumptions decoding_is_the_post_machine_{sha256}.
Print Assumptions every_configuration_has_a_prompt_{sha256}.
"""
