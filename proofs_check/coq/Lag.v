(** Lag systems (Wang 1963; Schuurmans, Dai, Zanini 2024, arXiv 2410.03170, section 3), with a window of two.

    The state is a queue of symbols. A step looks at the first two, appends what the rule for them says, and drops the
    first. Where there is no rule, or fewer than two symbols are left, the system halts. *)

Require Import List.
Import ListNotations.

Section Lag.
  Variable symbol : Type.
  Variable rule : symbol -> symbol -> option (list symbol).

  Definition step (queue : list symbol) : option (list symbol) :=
    match queue with
    | a :: b :: rest =>
        match rule a b with
        | Some appended => Some (b :: rest ++ appended)
        | None => None
        end
    | _ => None
    end.

  (** [run n queue] is the queue after [n] steps, if the system has not halted before. *)
  Fixpoint run (n : nat) (queue : list symbol) : option (list symbol) :=
    match n with
    | 0 => Some queue
    | S m => match step queue with Some next => run m next | None => None end
    end.

  Definition halts (queue : list symbol) : Prop := exists n last, run n queue = Some last /\ step last = None.

  Lemma run_add : forall m n before between after,
    run m before = Some between -> run n between = Some after -> run (m + n) before = Some after.
  Proof.
    induction m as [|m IH]; intros n before between after first second; cbn in *.
    - injection first as <-. exact second.
    - destruct (step before) as [next|]; [|discriminate]. eapply IH; eassumption.
  Qed.

  Lemma run_one : forall before after, step before = Some after -> run 1 before = Some after.
  Proof. intros before after taken. cbn. rewrite taken. reflexivity. Qed.

  (** A system that halts after [n] steps does nothing after that. *)
  Lemma run_halted : forall n before last, run n before = Some last -> step last = None ->
    forall m, n < m -> run m before = None.
  Proof.
    induction n as [|n IH]; intros before last reached stuck m less.
    - injection reached as <-. destruct m as [|m]; [inversion less|]. cbn. rewrite stuck. reflexivity.
    - destruct m as [|m]; [inversion less|]. cbn in *. destruct (step before) as [next|]; [|discriminate].
      apply (IH next last reached stuck). apply le_S_n. exact less.
  Qed.
End Lag.

Arguments step {symbol}. Arguments run {symbol}. Arguments halts {symbol}.
Arguments run_add {symbol}. Arguments run_one {symbol}. Arguments run_halted {symbol}.
