(** Instructions that write a value: token by token, the specification computes what the instruction set says. *)

Require Import ZArith List Bool Lia RamMachine RamTokens RamNumbers.
Import ListNotations.
Open Scope Z_scope.

Section Simulation.
  Variable l : layout.
  Local Notation B := (base l).
  Local Notation G := (groups_of_address l).
  Hypothesis base_least : 10 <= B.
  Hypothesis groups_least : (2 <= G)%nat.
  Local Notation dig := (dig l). Local Notation sh := (sh l). Local Notation holds := (holds l).
  Local Notation writing := (writing l).

  (* ------------------------------------------------------------------------------------------ names of places *)

  Definition valid (p : place) : Prop :=
    match p with Heap a => 0 <= a < heap_size l | Slot frame _ => 1 <= frame end.

  Lemma low_groups_digits : forall count a, low_groups l count a = map (dig a) (seq 0 count).
  Proof.
    assert (forall count a i, low_groups l count (sh a i) = map (dig a) (seq i count)) as general.
    { induction count as [|count IH]; intros a i; [reflexivity|]. cbn [low_groups seq map]. f_equal. apply (IH a (S i)). }
    intros. apply (general count a 0%nat).
  Qed.

  Lemma sh_pow : forall a i, sh a i = a / B ^ Z.of_nat i.
  Proof.
    induction i as [|i IH]; [change (Z.of_nat 0) with 0; rewrite Z.pow_0_r, Z.div_1_r; reflexivity|].
    cbn [RamNumbers.sh]. rewrite IH, Z.div_div by (try apply Z.pow_pos_nonneg; lia).
    f_equal. rewrite Nat2Z.inj_succ, Z.pow_succ_r by lia. ring.
  Qed.

  Lemma name_injective : forall p q, valid p -> valid q -> name l p = name l q -> p = q.
  Proof.
    assert (forall a f v, 0 <= a -> 1 <= f -> name l (Heap a) <> name l (Slot f v)) as apart.
    { intros a f v low high same. cbn [name] in same.
      rewrite app_comm_cons in same. apply app_inj_tail in same as [_ same].
      assert (0 <= a / B ^ Z.of_nat (G - 1)) by (apply Z.div_pos; [lia|apply Z.pow_pos_nonneg; lia]). lia. }
    intros [a|f v] [b|g w] vp vq same; cbn [valid] in *.
    - cbn [name] in same. apply app_inj_tail in same as [low high]. f_equal.
      rewrite !low_groups_digits in low. apply (f_equal (plain l)) in low. rewrite !(plain_digits l base_least) in low.
      rewrite <- !sh_pow in high. cbn [RamNumbers.sh Nat.add] in low. replace (sh b (G - 1)) with (sh a (G - 1)) in low by lia. lia.
    - exfalso. exact (apart a g w ltac:(lia) vq same).
    - exfalso. exact (apart b f v ltac:(lia) vp (eq_sym same)).
    - cbn [name] in same. injection same as -> same. apply app_inj_tail in same as [_ ->]. reflexivity.
  Qed.

  Lemma first_local_least : first_local l <= B.
  Proof.
    unfold first_local, first_next.
    assert (0 <= B / 10) by (apply Z.div_pos; lia). assert (0 <= 3 * B / 10) by (apply Z.div_pos; lia). lia.
  Qed.

  Lemma heap_has_base : B <= heap_size l.
  Proof.
    unfold heap_size. replace (Z.of_nat G) with (1 + (Z.of_nat G - 1)) by lia.
    rewrite Z.pow_add_r, Z.pow_1_r by lia. assert (0 < B ^ (Z.of_nat G - 1)) by (apply Z.pow_pos_nonneg; lia). nia.
  Qed.

  Lemma name_of_operand : forall d v, 0 <= v < B -> cell_of l d v = name l (place_of l d v).
  Proof.
    intros d v range. unfold cell_of, place_of.
    destruct (Z.ltb_spec v (first_local l)).
    - cbn [name]. replace (G - 1)%nat with (S (G - 2)) by lia. cbn [low_groups].
      rewrite (Z.mod_small v B), (Z.div_small v B) by lia.
      assert (forall n, low_groups l n 0 = repeat 0 n) as zeros.
      { induction n as [|n IH]; [reflexivity|]. cbn [low_groups repeat]. rewrite Z.mod_0_l, Z.div_0_l by lia. rewrite IH. reflexivity. }
      rewrite zeros. cbn [app]. f_equal. f_equal. f_equal.
      rewrite Z.div_small; [reflexivity|]. rewrite Nat2Z.inj_succ, Z.pow_succ_r by lia.
      assert (0 < B ^ Z.of_nat (G - 2)) by (apply Z.pow_pos_nonneg; lia). nia.
    - destruct (Z.ltb_spec v (first_next l)); reflexivity.
  Qed.

  Lemma operand_valid : forall d v, 0 <= d -> 0 <= v < B -> valid (place_of l d v).
  Proof.
    intros d v deep range. unfold place_of. pose proof first_local_least. pose proof heap_has_base.
    destruct (Z.ltb_spec v (first_local l)); [cbn [valid]; lia|].
    destruct (Z.ltb_spec v (first_next l)); cbn [valid]; lia.
  Qed.

  (* -------------------------------------------------------------------------------------- what stands for what *)

  Record stands_for (m : machine) (s : state) : Prop := {
    same_counter : pc m = counter s;
    same_depth : depth m = depth_of s;
    same_callers : forall i, (i < length (calls s))%nat -> callers m (1 + depth m - Z.of_nat i) = nth i (calls s) 0;
    same_cells : forall p, valid p -> holds (memory m (name l p)) (cells s p) }.

  (** An instruction is about to begin. *)
  Definition ready (m : machine) : Prop := exists t c, ends (fam t) = true /\ under_way m = fresh l m t c.

  (** Tokens are decoded, one after the other, none of which stops the run; what they print. *)
  Inductive emits : machine -> list reading -> machine -> Prop :=
    | nothing : forall m, emits m [] m
    | one : forall m readings m', stops (fam (next_token l m)) = false ->
        emits (take l m (next_token l m)) readings m' -> emits m (printed m (next_token l m) ++ readings) m'.

  Lemma one_quiet : forall m m' t readings, next_token l m = t -> stops (fam t) = false -> printed m t = [] ->
    emits (take l m t) readings m' -> emits m readings m'.
  Proof.
    intros m m' t readings next goes_on quiet more. change readings with ([] ++ readings). rewrite <- quiet, <- next.
    apply one; rewrite next; assumption.
  Qed.

  Lemma with_own_work : forall m, with_work m (under_way m) = m.
  Proof. intros []. reflexivity. Qed.

  (** A value in its place, and on to the next instruction. *)
  Lemma stored : forall m s w p n v t, stands_for m s -> holds n v -> valid p -> ends (fam t) = true ->
    let m' := store l (with_work m w) (name l p) n t in
    stands_for m' (at_state (counter s + 1) (calls s) (set (cells s) p v)) /\ ready m' /\ program m' = program m.
  Proof.
    intros m s w p n v t standing held valid_p end_. cbn zeta. split; [constructor|split; [|reflexivity]].
    - cbn. rewrite (same_counter m s standing). reflexivity.
    - exact (same_depth m s standing).
    - exact (same_callers m s standing).
    - intros q valid_q. cbn [store go with_work memory cells]. unfold set.
      destruct (place_eq_dec q p) as [-> |other].
      + destruct (cell_eq_dec (name l p) (name l p)) as [_|no]; [exact held|elim no; reflexivity].
      + destruct (cell_eq_dec (name l q) (name l p)) as [same|_].
        * elim other. apply name_injective; assumption.
        * apply (same_cells m s standing). exact valid_q.
    - exists t, (target w). split; [exact end_|reflexivity].
  Qed.

  Section Instruction.
    Variables (m : machine) (s : state) (i : instruction).
    Hypothesis standing : stands_for m s.
    Hypothesis prepared : ready m.
    Hypothesis found : instruction_at (program m) (counter s) = Some i.
    Hypothesis operands : 0 <= ix i < B /\ 0 <= iy i < B /\ 0 <= iz i < B.

    Let place := place_of l (depth_of s).
    Definition xv := cells s (place (ix i)).
    Definition yv := cells s (place (iy i)).
    Definition zv := cells s (place (iz i)).
    Definition nx := memory m (name l (place (ix i))).
    Definition ny := memory m (name l (place (iy i))).

    Lemma depth_least : 0 <= depth_of s.
    Proof. unfold depth_of. lia. Qed.

    Lemma place_valid : forall v, 0 <= v < B -> valid (place v).
    Proof. intros. apply operand_valid; [apply depth_least|assumption]. Qed.

    Lemma hx : holds nx xv.
    Proof. apply (same_cells m s standing). apply place_valid. lia. Qed.
    Lemma hy : holds ny yv.
    Proof. apply (same_cells m s standing). apply place_valid. lia. Qed.

    (** What stays as it is while the instruction is under way, but for LOAD and STORE. *)
    Definition good (w : work) : Prop :=
      instr w = Some i /\ x w = nx /\ y w = ny /\ target w = name l (place (iz i)) /\ far w = 0.

    Lemma start_good : good (under_way m).
    Proof.
      destruct prepared as (t & c & _ & ->). unfold fresh. rewrite (same_counter m s standing), found.
      unfold good. cbn [instr x y target far]. rewrite (same_depth m s standing), !name_of_operand by lia. repeat split.
    Qed.

    Lemma start_writing : forall v, writing (under_way m) v 0.
    Proof.
      intros v. destruct prepared as (t & c & _ & ->). unfold fresh. rewrite (same_counter m s standing), found.
      repeat split.
    Qed.

    Lemma start_is : begins (under_way m) = true /\ written (under_way m) = 0%nat /\ rows (under_way m) = 0%nat
      /\ carried (under_way m) = 0 /\ address_groups (under_way m) = [].
    Proof.
      destruct prepared as (t & c & end_ & ->). unfold fresh. rewrite (same_counter m s standing), found.
      repeat split. exact end_.
    Qed.

    (** From here on, the instruction writes this value to this place, and is over. *)
    Definition gives (w : work) (p : RamMachine.place) (v : Z) : Prop :=
      exists m', emits (with_work m w) [] m'
        /\ stands_for m' (at_state (counter s + 1) (calls s) (set (cells s) p v)) /\ ready m' /\ program m' = program m.

    Lemma quietly : forall w w' p v t, next_token l (with_work m w) = t ->
      stops (fam t) = false -> printed (with_work m w) t = [] -> take l (with_work m w) t = with_work m w' ->
      gives w' p v -> gives w p v.
    Proof.
      intros w w' p v t next goes_on quiet taken (m' & tokens & after). exists m'. split; [|exact after].
      apply (one_quiet _ _ t); try assumption. rewrite taken. exact tokens.
    Qed.

    Lemma finish : forall w p v j, writing w v j -> - B <= sh v j < B -> target w = name l p -> valid p ->
      next_token l (with_work m w) = last l w (sh v j) -> gives w p v.
    Proof.
      intros w p v j written_ range target_is valid_p next.
      destruct (last_stores l base_least m w v j written_ range) as (n & held & goes_on & end_ & quiet & taken).
      exists (store l (with_work m w) (target w) n (last l w (sh v j))). split.
      - apply (one_quiet _ _ _ _ next goes_on quiet). rewrite taken. apply nothing.
      - rewrite target_is. apply stored; assumption.
    Qed.

    (** One more group. *)
    Lemma group : forall w p v j c, writing w v j -> next_token l (with_work m w) = tok fD (dig v j) c ->
      gives (put l (come w (tok fD (dig v j) c)) (dig v j)) p v -> gives w p v.
    Proof. intros w p v j c written_ next. apply (quietly w _ p v (tok fD (dig v j) c)); [exact next|reflexivity..]. Qed.

    (* ------------------------------------------------------------------------------------------ sums *)

    Fixpoint carry (a b first : Z) (j : nat) : Z :=
      match j with 0%nat => first | S k => (dig a k + dig b k + carry a b first k) / B end.

    Lemma carry_range : forall a b first, first = 0 \/ first = 1 -> forall j, carry a b first j = 0 \/ carry a b first j = 1.
    Proof.
      intros a b first bit j. induction j as [|j IH]; cbn [carry]; [exact bit|].
      pose proof (dig_range l base_least a j). pose proof (dig_range l base_least b j).
      assert (0 <= (dig a j + dig b j + carry a b first j) / B < 2); [|lia].
      split; [apply Z.div_pos; lia|apply Z.div_lt_upper_bound; lia].
    Qed.

    Lemma sum_step : forall a b first j,
      sh (a + b + first) j = sh a j + sh b j + carry a b first j
      /\ dig (a + b + first) j = (dig a j + dig b j + carry a b first j) mod B.
    Proof.
      assert (forall a b first j, sh (a + b + first) j = sh a j + sh b j + carry a b first j) as shifts.
      { induction j as [|j IH]; [reflexivity|]. cbn [RamNumbers.sh carry]. rewrite IH.
        pose proof (sh_step l base_least a j) as ea. pose proof (sh_step l base_least b j) as eb. cbn [RamNumbers.sh] in ea, eb.
        rewrite ea, eb at 1.
        replace (B * (sh a j / B) + dig a j + (B * (sh b j / B) + dig b j) + carry a b first j)
          with ((sh a j / B + sh b j / B) * B + (dig a j + dig b j + carry a b first j)) by ring.
        rewrite Z.div_add_l by lia. reflexivity. }
      intros. split; [apply shifts|]. unfold RamNumbers.dig at 1. rewrite shifts.
      rewrite (sh_step l base_least a j), (sh_step l base_least b j).
      replace (B * sh a (S j) + dig a j + (B * sh b (S j) + dig b j) + carry a b first j)
        with (dig a j + dig b j + carry a b first j + (sh a (S j) + sh b (S j)) * B) by ring.
      apply Z.mod_add. lia.
    Qed.

    Lemma carry_bit : forall total, 0 <= total < 2 * B ->
      (if B <=? total then 1 else 0) = total / B /\ total - B * (total / B) = total mod B.
    Proof.
      intros total range. split; [|rewrite (Z.div_mod total B) at 1 by lia; ring].
      destruct (Z.leb_spec B total); [apply Z.div_unique with (total - B); lia|symmetry; apply Z.div_small; lia].
    Qed.

    Lemma sums : forall b first p, first = 0 \/ first = 1 -> valid p -> p = place (iz i) ->
      (forall j, (top ny <= j)%nat -> sh b (S j) = - neg b) ->
      (forall w, good w -> next_token l (with_work m w) = sum l w (dig b (written w)) (neg xv + neg b) first) ->
      gives (under_way m) p (xv + b + first).
    Proof.
      intros b first p bit valid_p p_is past_b next.
      destruct (holds_get l base_least nx xv hx) as (gx & sx & past_x & _).
      set (v := xv + b + first).
      assert (forall k j w, (j + k = S (max (top nx) (top ny)))%nat -> good w -> writing w v j ->
        (if begins w then first else flag (last_token w)) = carry xv b first j -> gives w p v) as loop.
      { induction k as [|k IH]; intros j w far_ good_ writing_ carries_;
          pose proof good_ as (_ & ex & ey & target_is & _); pose proof (proj1 (proj2 writing_)) as count;
          pose proof (next w good_) as says; unfold sum in says; rewrite ex, ey, gx, carries_, count in says;
          destruct (sum_step xv b first j) as [shift digit];
          pose proof (dig_range l base_least xv j); pose proof (dig_range l base_least b j);
          pose proof (carry_range xv b first bit j) as carry_j;
          set (total := dig xv j + dig b j + carry xv b first j) in *;
          destruct ((top nx <=? j)%nat && (top ny <=? j)%nat) eqn:both; cbn [andb] in says.
        1, 3: apply andb_prop in both as [tx ty]; apply Nat.leb_le in tx, ty;
          pose proof (past_x j tx) as px; pose proof (past_b j ty) as pb;
          pose proof (sh_step l base_least xv j); pose proof (sh_step l base_least b j);
          assert (total - B * (neg xv + neg b) = sh v j) as rest by (unfold v, total; rewrite shift; lia).
        - assert (- B <= sh v j < B) as range.
          { assert (sh xv j = - neg xv) as qx by (apply (sh_past l base_least xv (top nx)); [apply past_x; lia|lia]).
            assert (sh b j = - neg b) as qb by (apply (sh_past l base_least b (top ny)); [apply past_b; lia|lia]).
            unfold v. rewrite shift, qx, qb. pose proof (neg_bit xv). pose proof (neg_bit b). lia. }
          rewrite rest in says. replace ((- B <=? sh v j) && (sh v j <? B)) with true in says
            by (symmetry; apply andb_true_intro; split; [apply Z.leb_le|apply Z.ltb_lt]; lia).
          apply (finish w p v j); try assumption. rewrite target_is, p_is. reflexivity.
        - rewrite rest in says. destruct ((- B <=? sh v j) && (sh v j <? B)) eqn:fits.
          + apply andb_prop in fits as [f1 f2]. apply Z.leb_le in f1. apply Z.ltb_lt in f2.
            apply (finish w p v j); try assumption; [lia|]. rewrite target_is, p_is. reflexivity.
          + destruct (carry_bit total ltac:(lia)) as [c1 c2]. cbn zeta in says. rewrite c1, c2, <- digit in says.
            apply (group w p v j (total / B)); [assumption|exact says|].
            apply (IH (S j)); [lia|exact good_|apply put_writing, come_writing; assumption|reflexivity].
        - exfalso. apply andb_false_iff in both as [e|e]; apply Nat.leb_gt in e; lia.
        - destruct (carry_bit total ltac:(lia)) as [c1 c2]. cbn zeta in says. rewrite c1, c2, <- digit in says.
          apply (group w p v j (total / B)); [assumption|exact says|].
          apply (IH (S j)); [lia|exact good_|apply put_writing, come_writing; assumption|reflexivity]. }
      apply (loop (S (max (top nx) (top ny))) 0%nat); [lia|apply start_good|apply start_writing|].
      rewrite (proj1 start_is). reflexivity.
    Qed.
  End Instruction.
End Simulation.
