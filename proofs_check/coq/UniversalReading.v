(** What a queue of the universal Lag system represents can be read off: it represents one configuration at most. So the
    theorem that decoding comes to queues that represent the configurations of a machine says which these are. *)

Require Import List Lia Arith.
Import ListNotations.
Require Import Lag TuringMachine TuringToLag UniversalTuring.

Lemma tapes_differ : forall (state letter : Type) t (xs xs' ys ys' : list letter) (q q' : state) x x' end_,
  cells t xs ++ Head t q x :: cells t ys ++ end_ = cells t xs' ++ Head t q' x' :: cells t ys' ++ end_ ->
  xs = xs' /\ q = q' /\ x = x' /\ ys = ys'.
Proof.
  intros state letter t. induction xs as [|a xs IH]; intros [|a' xs'] ys ys' q q' x x' end_ same; cbn in same;
    try discriminate.
  - injection same as -> -> same. apply app_inv_tail in same. repeat split.
    revert ys' same. induction ys as [|y ys IH]; intros [|y' ys'] same; cbn in same; try discriminate; [reflexivity|].
    injection same as -> same. f_equal. exact (IH ys' same).
  - injection same as -> same. destruct (IH xs' ys ys' q q' x x' end_ same) as (-> & rest). split; [reflexivity|exact rest].
Qed.

Lemma queue_represents_one : forall (state letter : Type) queue (c d : configuration state letter),
  represents queue c -> represents queue d -> c = d.
Proof.
  intros state letter queue [l q x r] [l' q' x' r'] [-> | ->] [same|same]; unfold gathering, shifting, tape in same;
    cbn [left control scanned right] in same; try discriminate same.
  - injection same as same. rewrite <- !app_assoc in same. cbn [app] in same.
    apply tapes_differ in same as (lefts_ & -> & -> & ->).
    apply (f_equal (@rev letter)) in lefts_. rewrite !rev_involutive in lefts_. rewrite lefts_. reflexivity.
  - injection same as same.
    rewrite <- (app_nil_r (cells Shift r)), <- (app_nil_r (cells Shift r')) in same.
    apply tapes_differ in same as (lefts_ & -> & -> & ->).
    apply (f_equal (@rev letter)) in lefts_. rewrite !rev_involutive in lefts_. rewrite lefts_. reflexivity.
Qed.

Definition written (x : u_letter) : Prop := x <> Blank.

Lemma without_blanks : forall xs ys m n, Forall written xs -> Forall written ys ->
  xs ++ repeat Blank m = ys ++ repeat Blank n -> xs = ys.
Proof.
  induction xs as [|x xs IH]; intros [|y ys] m n all all' same; [reflexivity| | |].
  - exfalso. inversion all'; subst. destruct m; cbn in same; [discriminate|]. injection same as here _. congruence.
  - exfalso. inversion all; subst. destruct n; cbn in same; [discriminate|]. injection same as here _. congruence.
  - inversion all; subst. inversion all'; subst. injection same as -> same. f_equal. exact (IH ys m n H2 H4 same).
Qed.

Lemma written_inner : forall xs, all_inner xs -> Forall written xs.
Proof. intros xs all. eapply Forall_impl; [|exact all]. intros [] is; discriminate. Qed.

Lemma lefts_one : forall l l', lefts l = lefts l' -> l = l'.
Proof.
  intros l l' same. unfold lefts in same. apply (f_equal (@rev u_letter)) in same. rewrite !rev_involutive in same.
  revert l' same. induction l as [|b l IH]; intros [|b' l'] same; try discriminate; [reflexivity|].
  injection same as here same. f_equal; [destruct b, b'; (reflexivity || discriminate)|exact (IH l' same)].
Qed.

(** From the top of the right stack: as many Z as say state and symbol, then O and the rest. *)
Definition from_top (stack : list bool) : list u_letter := rev (rights stack).

Lemma from_top_cons : forall b r, from_top (b :: r) = (if b then [Z] else []) ++ O :: from_top r.
Proof. intros b r. unfold from_top. rewrite rights_cons, rev_app_distr. destruct b; reflexivity. Qed.

Lemma top_count : forall k k' xs ys, repeat Z k ++ O :: xs = repeat Z k' ++ O :: ys -> k = k' /\ xs = ys.
Proof.
  induction k as [|k IH]; intros [|k'] xs ys same; cbn in same; try discriminate.
  - injection same as ->. split; reflexivity.
  - injection same as same. destruct (IH k' xs ys same). split; [lia|assumption].
Qed.

Lemma no_zero : forall k k' xs, repeat Z k = repeat Z k' ++ O :: xs -> False.
Proof.
  induction k as [|k IH]; intros [|k'] xs same; cbn in same; try discriminate. injection same as same. exact (IH k' xs same).
Qed.

Lemma z_and_bit : forall k (b : bool) xs,
  repeat Z k ++ (if b then [Z] else []) ++ O :: xs = repeat Z (k + (if b then 1 else 0)) ++ O :: xs.
Proof.
  intros k b xs. destruct b; [|rewrite Nat.add_0_r; reflexivity]. rewrite Nat.add_1_r.
  change (repeat Z (S k)) with (Z :: repeat Z k). rewrite repeat_cons, <- app_assoc. reflexivity.
Qed.

Lemma stacks_one : forall stack stack' q q',
  repeat Z (2 * q) ++ from_top stack = repeat Z (2 * q') ++ from_top stack' -> q = q' /\ stack = stack'.
Proof.
  assert (forall k, k = length (repeat Z k)) as count by (intro k; symmetry; apply repeat_length).
  induction stack as [|b r IH]; intros [|b' r'] q q' same; rewrite ?from_top_cons, ?z_and_bit in same.
  - rewrite !app_nil_r in same. split; [|reflexivity]. apply (f_equal (@length u_letter)) in same.
    rewrite !repeat_length in same. lia.
  - rewrite app_nil_r in same. destruct (no_zero _ _ _ same).
  - rewrite app_nil_r in same. symmetry in same. destruct (no_zero _ _ _ same).
  - apply top_count in same as [same rest]. destruct (IH r' 0 0 rest) as [_ ->].
    destruct b, b'; (split; [lia|reflexivity]) || (exfalso; lia).
Qed.

Lemma stands_one : forall stack s s' r r', stands stack s r -> stands stack s' r' -> s = s' /\ r = r'.
Proof.
  intros stack s s' r r' [-> |(-> & -> & ->)] [same|(same & -> & ->)]; try discriminate same; [|split; reflexivity].
  injection same as -> ->. split; reflexivity.
Qed.

Theorem queue_is_read : forall states delta queue d e,
  lag_represents states delta queue d -> lag_represents states delta queue e -> d = e.
Proof.
  intros states delta queue [l q s r] [l' q' s' r'] (c & stands_c & stack & m & n & stand & tape)
    (c' & stands_c' & stack' & m' & n' & stand' & tape').
  rewrite (queue_represents_one _ _ queue c c' stands_c stands_c') in tape. rewrite tape in tape'.
  clear - tape' stand stand'. cbn [left control scanned right] in *. unfold tape_of in tape'.
  destruct (program states delta ++ Finish :: rights stack ++ repeat Z (2 * q) ++ repeat Blank n) as [|y ys] eqn:one;
    [destruct (program states delta); discriminate|].
  destruct (program states delta ++ Finish :: rights stack' ++ repeat Z (2 * q') ++ repeat Blank n') as [|y' ys'] eqn:other;
    [destruct (program states delta); discriminate|].
  cbn [face] in tape'. injection tape' as same_left -> ->. rewrite <- other in one. clear other.
  apply app_inv_head in one. injection one as one.
  apply without_blanks in same_left; [|apply written_inner, inner_lefts|apply written_inner, inner_lefts].
  apply lefts_one in same_left as ->. rewrite !app_assoc in one.
  apply without_blanks in one; [|apply written_inner, inner_app; auto using inner_rights, inner_repeat..].
  apply (f_equal (@rev u_letter)) in one. rewrite !rev_app_distr, !rev_repeat in one.
  apply stacks_one in one as [-> ->]. destruct (stands_one _ _ _ _ _ stand stand') as [-> ->]. reflexivity.
Qed.

Print Assumptions queue_is_read.
