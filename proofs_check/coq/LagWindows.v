(** What it means that a transformer says what a Lag system does, at every window.

    The transformer sees three tokens, [compiler/machines/lag/window.py]: the first two symbols of the queue, and the
    last token of the trace. [LagCircuit] proves it of weights, whatever the rules are, and [LagDecoding] goes on from here
    to every queue and every number of steps. *)

Require Import Bool List PArith NArith Lia FMapPositive Floats.
Import ListNotations.
Require Import Lag Transformer.

Section Windows.
  Variable T : transformer.

  (** Tokens are numbers: [halt], and those that append a symbol. [symbol_of] is that symbol, also a number; [more]
      says that the step appends another one after it. *)
  Variable halt : N.
  Variable tokens symbols : list N.
  Variable symbol_of : N -> N.
  Variable more : N -> bool.

  (** The Lag system, and the token for the first of two symbols. *)
  Variable rule : N -> N -> option (list N).
  Variable first_of_two : N -> N.

  (** * What the transformer is to say *)

  Definition expected (a b : N) : N :=
    match rule a b with
    | None => halt
    | Some [x] => x
    | Some (x :: _) => first_of_two x
    | Some [] => halt
    end.

  Definition among (numbers : list N) (x : N) : bool := existsb (N.eqb x) numbers.

  Definition well_formed (appended : list N) : bool :=
    match appended with
    | [x] => among symbols x
    | [x; y] => among symbols x && among symbols y && among tokens (first_of_two x) && more (first_of_two x)
                && N.eqb (symbol_of (first_of_two x)) x
    | _ => false
    end.

  (** What follows a window between two steps, and after the first of two symbols; and that the tokens are those of
      the rules. *)
  Record right_windows : Prop := {
    decoded : forall a b c, In a tokens -> In b tokens -> In c tokens -> more c = false ->
      next_token T [a; b; c] = Some (expected (symbol_of a) (symbol_of b));
    decoded_after_first : forall a b c x y, In a tokens -> In b tokens -> In c tokens -> more c = true ->
      rule (symbol_of a) (symbol_of b) = Some [x; y] -> next_token T [a; b; c] = Some y;
    appended_facts : forall a b appended, In a tokens -> In b tokens ->
      rule (symbol_of a) (symbol_of b) = Some appended -> well_formed appended = true;
    symbol_facts : forall x, In x symbols -> In x tokens /\ x <> halt /\ more x = false /\ symbol_of x = x;
    token_facts : forall t, In t tokens -> In (symbol_of t) symbols /\ t <> halt
  }.

  Lemma among_in : forall numbers x, among numbers x = true -> In x numbers.
  Proof.
    intros numbers x found. unfold among in found. apply existsb_exists in found as (y & inside & equal).
    apply N.eqb_eq in equal as ->. exact inside.
  Qed.
End Windows.

Arguments decoded {T halt tokens symbols symbol_of more rule first_of_two} _.
Arguments decoded_after_first {T halt tokens symbols symbol_of more rule first_of_two} _.
Arguments appended_facts {T halt tokens symbols symbol_of more rule first_of_two} _.
Arguments symbol_facts {T halt tokens symbols symbol_of more rule first_of_two} _.
Arguments token_facts {T halt tokens symbols symbol_of more rule first_of_two} _.
