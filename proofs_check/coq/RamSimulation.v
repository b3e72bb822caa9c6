(** The token-level specification is the instruction set, on integers of any size, for runs of any length. *)

Require Import ZArith List Bool Lia RamMachine RamTokens RamNumbers RamValues RamAddresses RamInstruction.
Import ListNotations.
Open Scope Z_scope.

Section Simulation.
  Variable l : layout.
  Local Notation B := (base l).
  Local Notation G := (groups_of_address l).
  Hypothesis base_least : 10 <= B.
  Hypothesis groups_least : (2 <= G)%nat.
  Local Notation tells := (tells l).

  (** Operands are groups. *)
  Definition well_formed (p : list instruction) : Prop :=
    forall i, In i p -> 0 <= ix i < B /\ 0 <= iy i < B /\ 0 <= iz i < B.

  (** One instruction: the tokens that are decoded do what the instruction set says, print what it prints, and stop the
      run where it does. *)
  Theorem simulates : forall m s, stands_for l m s -> ready l m -> well_formed (program m) ->
    match step l (program m) s with
    | Next s' events => exists readings m', emits l m readings m' /\ Forall2 tells readings events
        /\ stands_for l m' s' /\ ready l m' /\ program m' = program m
    | Halted => fam (next_token l m) = fHALT
    | Faulted => exists m', emits l m [] m' /\ fam (next_token l m') = fFAULT
    end.
  Proof.
    intros m s standing prepared formed. destruct (instruction_at (program m) (counter s)) as [i|] eqn:found.
    - assert (In i (program m)) as inside.
      { unfold instruction_at in found. destruct (counter s <? 0); [discriminate found|]. eapply nth_error_In. exact found. }
      pose proof (instruction_simulated l base_least groups_least m s i standing prepared found (formed i inside)) as done.
      destruct (step l (program m) s) as [s' events| |].
      + destruct done as (readings & m' & tokens & after). rewrite with_own_work in tokens.
        exists readings, m'. split; assumption.
      + exact done.
      + destruct done as (w & leads_w & is_fault). exists (with_work m w). split.
        * rewrite <- (with_own_work m) at 1. apply leads_w. apply nothing.
        * rewrite is_fault. reflexivity.
    - unfold step. rewrite found. exists m. split; [apply nothing|].
      destruct prepared as (t & c & _ & under). unfold next_token. rewrite under. unfold fresh.
      rewrite (same_counter l m s standing), found. reflexivity.
  Qed.

  (** Any number of instructions. *)
  Fixpoint run (p : list instruction) (count : nat) (s : state) : option (state * list event) :=
    match count with
    | 0%nat => Some (s, [])
    | S n =>
        match step l p s with
        | Next s' events => match run p n s' with Some (s'', more) => Some (s'', events ++ more) | None => None end
        | _ => None
        end
    end.

  Lemma emits_app : forall m r m' r' m'', emits l m r m' -> emits l m' r' m'' -> emits l m (r ++ r') m''.
  Proof.
    intros m r m' r' m'' first. revert r' m''. induction first as [|m r m' goes_on tokens IH]; intros r' m'' second; [exact second|].
    rewrite <- app_assoc. apply one; [exact goes_on|]. apply IH. exact second.
  Qed.

  Theorem simulates_runs : forall count m s s' events, stands_for l m s -> ready l m -> well_formed (program m) ->
    run (program m) count s = Some (s', events) ->
    exists readings m', emits l m readings m' /\ Forall2 tells readings events
      /\ stands_for l m' s' /\ ready l m' /\ program m' = program m.
  Proof.
    induction count as [|count IH]; intros m s s' events standing prepared formed runs; cbn [run] in runs.
    - injection runs as <- <-. exists [], m. repeat split; try constructor; try assumption; apply standing.
    - pose proof (simulates m s standing prepared formed) as done. destruct (step l (program m) s) as [s1 events1| |]; try discriminate runs.
      destruct done as (r1 & m1 & tokens1 & told1 & standing1 & prepared1 & same). rewrite <- same in runs.
      destruct (run (program m1) count s1) as [[s2 events2]|] eqn:rest; [|discriminate runs]. injection runs as <- <-.
      destruct (IH m1 s1 s2 events2 standing1 prepared1 ltac:(rewrite same; exact formed) rest)
        as (r2 & m2 & tokens2 & told2 & standing2 & prepared2 & same2).
      exists (r1 ++ r2), m2. split; [apply (emits_app m r1 m1); assumption|].
      split; [apply Forall2_app; assumption|]. split; [exact standing2|]. split; [exact prepared2|]. rewrite same2. exact same.
  Qed.
End Simulation.
