(** Post machines: automata with a queue (Li and Wang 2025, arXiv 2506.12027), as in [compiler/machines/post/rules.py].

    A step takes the first symbol off the queue; the state and this symbol say which symbol is appended, and which state
    is next. Where there is no rule, the machine halts. *)

Require Import List.
Import ListNotations.

Section Post.
  Variables state symbol : Type.
  Variable rule : state -> symbol -> option (symbol * state).

  Definition post_step (now : state * list symbol) : option (state * list symbol) :=
    match now with
    | (q, a :: rest) => match rule q a with Some (b, r) => Some (r, rest ++ [b]) | None => None end
    | (_, []) => None
    end.

  (** [post_run n now] is what it comes to after [n] steps, if it has not halted before. *)
  Fixpoint post_run (n : nat) (now : state * list symbol) : option (state * list symbol) :=
    match n with
    | 0 => Some now
    | S m => match post_step now with Some next => post_run m next | None => None end
    end.

  Definition post_halts (now : state * list symbol) : Prop :=
    exists n last, post_run n now = Some last /\ post_step last = None.
End Post.

Arguments post_step {state symbol}. Arguments post_run {state symbol}. Arguments post_halts {state symbol}.
