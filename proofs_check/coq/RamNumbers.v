(** Integers in groups: shifts, groups, the canonical form, and a value that is being written group by group. *)

Require Import ZArith List Bool Lia RamMachine RamTokens.
Import ListNotations.
Open Scope Z_scope.

Section Numbers.
  Variable l : layout.
  Local Notation B := (base l).
  Hypothesis base_least : 10 <= B.

  (** [sh v i = floor(v / B^i)] and [dig v i], the group [i] of [v] in B's complement. *)
  Fixpoint sh (v : Z) (i : nat) : Z := match i with 0%nat => v | S j => sh v j / B end.
  Definition dig (v : Z) (i : nat) : Z := sh v i mod B.
  Definition neg (v : Z) : Z := if v <? 0 then 1 else 0.

  Lemma sh_step : forall v i, sh v i = B * sh v (S i) + dig v i.
  Proof. intros. unfold dig. cbn [sh]. apply Z.div_mod. lia. Qed.

  Lemma dig_range : forall v i, 0 <= dig v i < B.
  Proof. intros. unfold dig. apply Z.mod_pos_bound. lia. Qed.

  Lemma neg_cases : forall v, (neg v = 0 /\ 0 <= v) \/ (neg v = 1 /\ v < 0).
  Proof. intros. unfold neg. destruct (Z.ltb_spec v 0); lia. Qed.

  Lemma neg_div : forall v, neg (v / B) = neg v.
  Proof.
    intros. pose proof (Z.div_mod v B ltac:(lia)). pose proof (Z.mod_pos_bound v B ltac:(lia)).
    destruct (neg_cases v) as [[-> ?]|[-> ?]]; destruct (neg_cases (v / B)) as [[-> ?]|[-> ?]]; nia.
  Qed.

  Lemma neg_sh : forall v i, neg (sh v i) = neg v.
  Proof. induction i as [|i IH]; cbn [sh]; [reflexivity|]. rewrite neg_div. exact IH. Qed.

  Lemma div_unique : forall a q r, a = B * q + r -> 0 <= r < B -> a / B = q /\ a mod B = r.
  Proof.
    intros a q r eq range. split.
    - symmetry. apply Z.div_unique with r; [left; exact range|exact eq].
    - symmetry. apply Z.mod_unique with q; [left; exact range|exact eq].
  Qed.

  Lemma sign_div : forall s, s = 0 \/ s = 1 -> (- s) / B = - s /\ (- s) mod B = s * (B - 1).
  Proof. intros s [-> | ->]; apply div_unique; lia. Qed.

  Lemma neg_bit : forall v, neg v = 0 \/ neg v = 1.
  Proof. intros. destruct (neg_cases v) as [[-> _]|[-> _]]; lia. Qed.

  Lemma sh_past : forall v t, sh v (S t) = - neg v -> forall j, (t < j)%nat -> sh v j = - neg v.
  Proof.
    intros v t at_t. induction j as [|j IH]; intros less; [lia|].
    destruct (Nat.eq_dec t j) as [<-|other]; [exact at_t|].
    cbn [sh]. rewrite IH by lia. apply sign_div, neg_bit.
  Qed.

  Lemma dig_past : forall v t, sh v (S t) = - neg v -> forall j, (t < j)%nat -> dig v j = neg v * (B - 1).
  Proof. intros. unfold dig. rewrite (sh_past v t) by assumption. apply sign_div, neg_bit. Qed.

  Lemma sh_not : forall v i, sh (- 1 - v) i = - 1 - sh v i /\ dig (- 1 - v) i = B - 1 - dig v i.
  Proof.
    assert (forall v i, sh (- 1 - v) i = - 1 - sh v i) as not_sh.
    { induction i as [|i IH]; cbn [sh]; [reflexivity|]. rewrite IH.
      pose proof (sh_step v i). pose proof (dig_range v i).
      destruct (div_unique (- 1 - sh v i) (- 1 - sh v i / B) (B - 1 - dig v i)) as [e _]; [cbn [sh] in *; lia|lia|exact e]. }
    intros. split; [apply not_sh|]. unfold dig at 1. rewrite not_sh.
    pose proof (sh_step v i). pose proof (dig_range v i).
    destruct (div_unique (- 1 - sh v i) (- 1 - sh v (S i)) (B - 1 - dig v i)) as [_ e]; [lia|lia|exact e].
  Qed.

  Lemma neg_not : forall v, neg (- 1 - v) = 1 - neg v.
  Proof. intros. destruct (neg_cases v) as [[-> ?]|[-> ?]]; destruct (neg_cases (- 1 - v)) as [[-> ?]|[-> ?]]; lia. Qed.

  (* --------------------------------------------------------------------------------------- the canonical form *)

  Definition holds (n : number) (v : Z) : Prop :=
    exists t, n = num (map (dig v) (seq 0 (S t))) (neg v) /\ sh v (S t) = - neg v /\ (t = 0%nat \/ sh v t <> - neg v).

  Lemma holds_get : forall n v, holds n v ->
    (forall i, get l n i = dig v i) /\ sign n = neg v /\ (forall i, (top n <= i)%nat -> sh v (S i) = - neg v)
    /\ (top n = 0%nat \/ sh v (top n) <> - neg v).
  Proof.
    intros n v (t & -> & past & canonical).
    assert (top (num (map (dig v) (seq 0 (S t))) (neg v)) = t) as top_is.
    { unfold top. cbn [groups]. rewrite map_length, seq_length. lia. }
    rewrite top_is. cbn [sign]. split; [|split; [reflexivity|split; [|exact canonical]]].
    - intros i. unfold get. cbn [groups sign].
      destruct (le_lt_dec i t) as [inside|outside].
      + rewrite nth_indep with (d' := dig v 0) by (rewrite map_length, seq_length; lia).
        rewrite map_nth, seq_nth by lia. reflexivity.
      + rewrite nth_overflow by (rewrite map_length, seq_length; lia).
        symmetry. apply (dig_past v t past). exact outside.
    - intros i more. apply (sh_past v t past). lia.
  Qed.

  Lemma holds_zero : holds zero 0.
  Proof.
    exists 0%nat. cbn [seq map sh]. assert (dig 0 0 = 0) as -> by (apply Z.mod_0_l; lia).
    split; [reflexivity|]. split; [apply Z.div_0_l; lia|left; reflexivity].
  Qed.

  (** What the groups mean, and that the form is the only one. *)
  Definition plain (gs : list Z) : Z := fold_right (fun g rest => g + B * rest) 0 gs.
  Definition meaning (n : number) : Z := plain (groups n) - sign n * B ^ Z.of_nat (length (groups n)).

  Lemma plain_digits : forall count v i,
    plain (map (dig v) (seq i count)) = sh v i - B ^ Z.of_nat count * sh v (i + count).
  Proof.
    induction count as [|count IH]; intros v i.
    - change (Z.of_nat 0) with 0. rewrite Z.pow_0_r, Nat.add_0_r. cbn [seq map plain fold_right]. ring.
    - cbn [seq map plain fold_right]. change (fold_right _ 0 (map (dig v) (seq (S i) count)))
        with (plain (map (dig v) (seq (S i) count))). rewrite IH.
      rewrite Nat2Z.inj_succ, Z.pow_succ_r by lia. replace (i + S count)%nat with (S i + count)%nat by lia.
      rewrite (sh_step v i). ring.
  Qed.

  Lemma holds_meaning : forall n v, holds n v -> meaning n = v.
  Proof.
    intros n v (t & -> & past & _). unfold meaning. cbn [groups sign]. rewrite plain_digits, map_length, seq_length.
    rewrite Nat.add_0_l, past. cbn [sh]. ring.
  Qed.

  Lemma holds_unique : forall m n v, holds m v -> holds n v -> m = n.
  Proof.
    assert (forall v s t, sh v (S s) = - neg v -> (t = 0%nat \/ sh v t <> - neg v) -> (t <= s)%nat) as no_more.
    { intros v s t past [-> |other]; [lia|]. destruct (le_lt_dec t s) as [|more]; [assumption|].
      elim other. apply (sh_past v s past). exact more. }
    intros m n v (s & -> & past & canonical) (t & -> & past' & canonical').
    replace t with s; [reflexivity|]. apply Nat.le_antisymm.
    - apply (no_more v t s); assumption.
    - apply (no_more v s t); assumption.
  Qed.

  (** By sign, by length, then from the top: canonical forms are in the order of their numbers. *)
  Lemma shorter_is_nearer : forall a b v w, holds a v -> holds b w -> neg v = neg w -> (top a < top b)%nat ->
    if neg v =? 0 then v < w else w < v.
  Proof.
    intros a b v w ha hb same less.
    destruct (holds_get a v ha) as (_ & _ & pa & _). destruct (holds_get b w hb) as (_ & _ & _ & cb).
    assert (sh v (top b) = - neg v) as small.
    { replace (top b) with (S (top b - 1)) by lia. apply pa. lia. }
    destruct cb as [zero|large]; [lia|]. rewrite <- same in large.
    assert (forall i p q, sh p i < sh q i -> p < q) as monotone.
    { induction i as [|i IH]; cbn [sh]; intros p q less'; [exact less'|]. apply IH.
      destruct (Z.lt_ge_cases (sh p i) (sh q i)) as [|ge]; [assumption|].
      pose proof (Z.div_le_mono (sh q i) (sh p i) B ltac:(lia) ge). lia. }
    pose proof (neg_sh w (top b)) as sign_w. rewrite <- same in sign_w.
    destruct (neg_cases (sh w (top b))) as [[e ?]|[e ?]]; rewrite e in sign_w; rewrite <- sign_w in *; cbn [Z.eqb].
    - apply (monotone (top b)). lia.
    - apply (monotone (top b)). lia.
  Qed.

  (* ------------------------------------------------------------------------------------ writing, group by group *)

  Fixpoint sig (v s : Z) (i : nat) : nat * Z :=
    match i with
    | 0%nat => (0%nat, 0)
    | S j => if (j =? 0)%nat || negb (dig v j =? s * (B - 1)) then (j, dig v j) else sig v s j
    end.

  Definition writing (w : work) (v : Z) (i : nat) : Prop :=
    written_groups w = map (dig v) (seq 0 i) /\ written w = i /\ forall s, significant w s = sig v s i.

  Lemma put_writing : forall w v i, writing w v i -> writing (put l w (dig v i)) v (S i).
  Proof.
    intros w v i (groups_are & count & sigs). unfold writing, put. cbn [written_groups written significant].
    rewrite groups_are, count, seq_S, map_app. split; [reflexivity|]. split; [reflexivity|].
    intros s. cbn [sig]. rewrite sigs. reflexivity.
  Qed.

  Lemma come_writing : forall w v i t, writing w v i -> writing (come w t) v i.
  Proof. intros w v i t H. exact H. Qed.

  Lemma sig_says : forall v s i, (0 < i)%nat ->
    exists k, sig v s i = (k, dig v k) /\ (k < i)%nat /\ (forall j, (k < j < i)%nat -> dig v j = s * (B - 1))
      /\ (k = 0%nat \/ dig v k <> s * (B - 1)).
  Proof.
    intros v s. induction i as [|i IH]; intros positive; [lia|]. cbn [sig].
    destruct (Nat.eqb_spec i 0) as [-> |more]; cbn [orb].
    - exists 0%nat. repeat split; try lia.
    - destruct (Z.eqb_spec (dig v i) (s * (B - 1))) as [all|other]; cbn [negb].
      + destruct (IH ltac:(lia)) as (k & -> & less & between & which).
        exists k. repeat split; try lia; try assumption.
        intros j range. destruct (Nat.eq_dec j i) as [-> |]; [exact all|apply between; lia].
      + exists i. repeat split; try lia.
  Qed.

  (** The last token of a value writes its canonical form, and ends the instruction. *)
  Lemma last_stores : forall m w v i, writing w v i -> - B <= sh v i < B ->
    exists n, holds n v /\ let t := last l w (sh v i) in
      stops (fam t) = false /\ ends (fam t) = true /\ printed (with_work m w) t = []
      /\ take l (with_work m w) t = store l (with_work m w) (target w) n t.
  Proof.
    intros m w v i (groups_are & count & sigs) range.
    pose proof (neg_sh v i) as sign_is. unfold last.
    replace (if sh v i <? 0 then 1 else 0) with (neg v) by (rewrite <- sign_is; reflexivity).
    destruct ((written w =? 0)%nat || negb ((sh v i =? 0) || (sh v i =? -1))) eqn:single.
    - pose proof (sh_step v i) as step_i. pose proof (dig_range v i) as digit_i.
      assert (sh v (S i) = - neg v /\ dig v i = sh v i + B * neg v) as [past digit].
      { rewrite <- sign_is in *. clear - step_i digit_i range base_least. destruct (neg_cases (sh v i)) as [[-> ?]|[-> ?]];
          assert (sh v (S i) = 0 \/ sh v (S i) = -1 \/ sh v (S i) < -1 \/ sh v (S i) > 0) as [e|[e|[e|e]]] by lia; nia. }
      exists (num (map (dig v) (seq 0 (S i))) (neg v)). split.
      + exists i. split; [reflexivity|]. split; [exact past|].
        rewrite count in single. apply orb_prop in single as [first|other].
        * left. apply Nat.eqb_eq. exact first.
        * right. apply negb_true_iff, orb_false_iff in other as [e1 e2]. apply Z.eqb_neq in e1, e2.
          destruct (neg_bit v) as [e|e]; rewrite e; lia.
      + cbn [fam value flag]. repeat split. unfold take. cbn [fam value flag under_way with_work].
        set (t := tok fL _ _). change (written_groups (come w t)) with (written_groups w).
        change (target (come w t)) with (target w).
        rewrite groups_are, seq_S, map_app. cbn [map Nat.add]. rewrite digit. reflexivity.
    - apply orb_false_iff in single as [more rest]. apply negb_false_iff, orb_prop in rest.
      apply Nat.eqb_neq in more. rewrite count in more.
      assert (sh v i = - neg v) as at_i.
      { destruct rest as [e|e]; apply Z.eqb_eq in e; rewrite e in *; rewrite <- sign_is; reflexivity. }
      destruct (sig_says v (neg v) i ltac:(lia)) as (k & says & less & between & which).
      assert (forall d, (d <= i - S k)%nat -> sh v (i - d) = - neg v) as down.
      { induction d as [|d IH]; intros close; [rewrite Nat.sub_0_r; exact at_i|].
        rewrite (sh_step v (i - S d)). replace (S (i - S d)) with (i - d)%nat by lia. rewrite IH by lia.
        rewrite between by lia. ring. }
      assert (sh v (S k) = - neg v) as past by (replace (S k) with (i - (i - S k))%nat by lia; apply down; lia).
      exists (num (map (dig v) (seq 0 (S k))) (neg v)). split.
      + exists k. split; [reflexivity|]. split; [exact past|]. destruct which as [zero|other]; [left; exact zero|].
        right. intros same. apply other. unfold dig. rewrite same. apply sign_div, neg_bit.
      + cbn [fam value flag]. repeat split. unfold take. cbn [fam value flag under_way with_work].
        set (t := tok fT _ _). change (significant (come w t)) with (significant w).
        change (written_groups (come w t)) with (written_groups w). change (target (come w t)) with (target w).
        rewrite sigs, says, groups_are. cbn [fst].
        rewrite firstn_map. replace (firstn (S k) (seq 0 i)) with (seq 0 (S k)); [reflexivity|].
        replace i with (S k + (i - S k))%nat by lia. rewrite seq_app, firstn_app, seq_length, Nat.sub_diag, firstn_O, app_nil_r.
        symmetry. apply firstn_all2. rewrite seq_length. lia.
  Qed.
End Numbers.
