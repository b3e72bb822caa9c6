(** The other instructions that write a value. *)

Require Import ZArith List Bool Lia RamMachine RamTokens RamNumbers RamValues.
Import ListNotations.
Open Scope Z_scope.

Section Operations.
  Variable l : layout.
  Local Notation B := (base l).
  Local Notation G := (groups_of_address l).
  Hypothesis base_least : 10 <= B.
  Hypothesis groups_least : (2 <= G)%nat.
  Local Notation dig := (dig l). Local Notation sh := (sh l). Local Notation holds := (holds l).
  Local Notation writing := (writing l).

  Variables (m : machine) (s : state) (i : instruction).
  Hypothesis standing : stands_for l m s.
  Hypothesis prepared : ready l m.
  Hypothesis found : instruction_at (program m) (counter s) = Some i.
  Hypothesis operands : 0 <= ix i < B /\ 0 <= iy i < B /\ 0 <= iz i < B.
  Local Notation place := (place_of l (depth_of s)).
  Local Notation xv := (xv l s i). Local Notation yv := (yv l s i). Local Notation zv := (zv l s i).
  Local Notation nx := (nx l m s i). Local Notation ny := (ny l m s i).
  Local Notation good := (good l m s i).
  Local Notation gives := (gives l m s).
  Local Notation next w := (next_token l (with_work m w)).

  Ltac reduce_next := unfold next_token, with_work; cbn [under_way depth pc callers]; cbn zeta.

  Lemma gx : forall j, get l nx j = dig xv j.
  Proof. apply holds_get; [exact base_least|]. eapply hx; eassumption. Qed.
  Lemma sx : sign nx = neg xv.
  Proof. apply (holds_get l base_least). eapply hx; eassumption. Qed.
  Lemma past_x : forall j, (top nx <= j)%nat -> sh xv (S j) = - neg xv.
  Proof. apply (holds_get l base_least). eapply hx; eassumption. Qed.
  Lemma gy : forall j, get l ny j = dig yv j.
  Proof. apply holds_get; [exact base_least|]. eapply hy; eassumption. Qed.

  Lemma start_good' : good (under_way m).
  Proof. eapply start_good; eassumption. Qed.
  Lemma start_writing' : forall v, writing (under_way m) v 0.
  Proof. intros. eapply start_writing; eassumption. Qed.
  Lemma pz_valid : valid l (place (iz i)).
  Proof. eapply place_valid; try eassumption. lia. Qed.

  (** Groups, one a token, and the last. *)
  Lemma copies : forall (P : work -> Prop) p v sgn (over : nat -> bool) (N j : nat) w,
    (sgn = 0 \/ sgn = 1) -> valid l p ->
    (forall w, P w -> P (put l (come w (tok fD (dig v (written w)) 0)) (dig v (written w)))) ->
    (forall w, P w -> target w = name l p) ->
    (forall w k, P w -> writing w v k -> (j <= k <= N)%nat ->
      next w = if over k then last l w (dig v k - B * sgn) else tok fD (dig v k) 0) ->
    (forall k, (j <= k <= N)%nat -> over k = true -> sh v k = dig v k - B * sgn) ->
    over N = true -> (j <= N)%nat -> P w -> writing w v j -> gives w p v.
  Proof.
    intros P p v sgn over N j w bit valid_p stays target_is says ends_ over_N less Pw writing_w.
    assert (forall d k w, (k + d = N)%nat -> (j <= k)%nat -> P w -> writing w v k -> gives w p v) as loop.
    { induction d as [|d IH]; intros k u sum_ low Pu writing_u; pose proof (says u k Pu writing_u ltac:(lia)) as next_u;
        pose proof (dig_range l base_least v k); destruct (over k) eqn:over_k.
      1, 3: rewrite <- (ends_ k ltac:(lia) over_k) in next_u;
        eapply finish; try eassumption; [rewrite (ends_ k ltac:(lia) over_k); lia|apply target_is; exact Pu].
      - exfalso. replace k with N in over_k by lia. congruence.
      - eapply group; [exact writing_u|exact next_u|].
        apply (IH (S k)); [lia|lia| |apply put_writing; exact writing_u].
        pose proof (proj1 (proj2 writing_u)) as count. pose proof (stays u Pu) as next_P. rewrite count in next_P. exact next_P. }
    apply (loop (N - j)%nat j w); [lia|lia|exact Pw|exact writing_w].
  Qed.

  (* ------------------------------------------------------------------------------------------ SHR and SHL *)

  Lemma sh_below : forall v j, sh (v / B) j = sh v (S j).
  Proof. induction j as [|j IH]; [reflexivity|]. cbn [RamNumbers.sh]. rewrite IH. reflexivity. Qed.

  Lemma shifts_right : op i = SHR -> gives (under_way m) (place (iz i)) (xv / B).
  Proof.
    intros op_is.
    assert (forall j, dig (xv / B) j = dig xv (S j)) as digits_.
    { intros. unfold RamNumbers.dig. rewrite sh_below. reflexivity. }
    apply (copies good (place (iz i)) (xv / B) (neg xv) (fun j => (top nx - 1 <=? j)%nat) (top nx) 0 (under_way m)).
    - apply neg_bit.
    - exact pz_valid.
    - intros w H. exact H.
    - intros w (_ & _ & _ & target_is & _). exact target_is.
    - intros w k (is_i & ex & _) (_ & count & _) _. reduce_next. rewrite is_i, op_is, ex, count. unfold copied.
      rewrite gx, digits_, ex, sx. replace (k + 1)%nat with (S k) by lia. reflexivity.
    - intros k _ over. apply Nat.leb_le in over. rewrite sh_below, digits_.
      rewrite (sh_step l base_least xv (S k)), past_x by lia. ring.
    - apply Nat.leb_le. lia.
    - lia.
    - exact start_good'.
    - apply start_writing'.
  Qed.

  Lemma shl_facts : forall j, sh (xv * B + dig yv 0) (S j) = sh xv j /\ dig (xv * B + dig yv 0) (S j) = dig xv j.
  Proof.
    assert (forall j, sh (xv * B + dig yv 0) (S j) = sh xv j) as shifted.
    { induction j as [|j IH].
      - cbn [RamNumbers.sh]. pose proof (dig_range l base_least yv 0). rewrite Z.div_add_l, Z.div_small by lia. ring.
      - cbn [RamNumbers.sh] in *. rewrite IH. reflexivity. }
    intros j. split; [apply shifted|]. unfold RamNumbers.dig at 1. rewrite shifted. reflexivity.
  Qed.

  Lemma shifts_left : op i = SHL -> gives (under_way m) (place (iz i)) (xv * B + yv mod B).
  Proof.
    intros op_is. change (yv mod B) with (dig yv 0). set (v := xv * B + dig yv 0).
    assert (dig v 0 = dig yv 0) as first.
    { unfold v. unfold RamNumbers.dig at 1. cbn [RamNumbers.sh]. rewrite Z.add_comm, Z.mod_add by lia.
      apply Z.mod_small, dig_range. exact base_least. }
    destruct start_good' as (is_i & ex & ey & _).
    assert (next (under_way m) = tok fD (dig v 0) 0) as next_0.
    { reduce_next. rewrite is_i, op_is, ey, gy, first.
      rewrite (proj1 (start_is l m s i standing prepared found)). reflexivity. }
    eapply group; [apply start_writing'|exact next_0|].
    apply (copies (fun w => good w /\ fam (last_token w) = fD) _ v (neg xv) (fun j => (top nx <? j)%nat) (S (top nx)) 1).
    - apply neg_bit.
    - exact pz_valid.
    - intros w [H _]. split; [exact H|reflexivity].
    - intros w [(_ & _ & _ & target_is & _) _]. exact target_is.
    - intros w [|k] [(is_w & ex_w & _) at_D] (_ & count & _) range; [lia|].
      reduce_next. rewrite is_w, op_is, ex_w, count. unfold begins. rewrite at_D. cbn [ends]. unfold copied.
      destruct (shl_facts k) as [_ digit]. fold v in digit. rewrite digit.
      replace (S k - 1)%nat with k by lia. rewrite gx, ex_w, sx. reflexivity.
    - intros [|k] range over; [lia|]. apply Nat.ltb_lt in over. destruct (shl_facts k) as [shift digit]. fold v in shift, digit.
      rewrite shift, digit, (sh_step l base_least xv k), past_x by lia. ring.
    - apply Nat.ltb_lt. lia.
    - lia.
    - split; [exact start_good'|reflexivity].
    - apply put_writing. apply start_writing'.
  Qed.

  (* ------------------------------------------------------------------------------------------ products *)

  Fixpoint product_carry (g : Z) (j : nat) : Z :=
    match j with 0%nat => 0 | S k => (dig xv k * g + product_carry g k) / B end.

  Lemma product_carry_range : forall g, 0 <= g < B -> forall j, 0 <= product_carry g j < B.
  Proof.
    intros g range j. induction j as [|j IH]; cbn [product_carry]; [lia|].
    pose proof (dig_range l base_least xv j). split; [apply Z.div_pos; nia|apply Z.div_lt_upper_bound; nia].
  Qed.

  Lemma product_step : forall g j, sh (xv * g) j = sh xv j * g + product_carry g j
    /\ dig (xv * g) j = (dig xv j * g + product_carry g j) mod B.
  Proof.
    assert (forall g j, sh (xv * g) j = sh xv j * g + product_carry g j) as shift.
    { induction j as [|j IH]; [cbn; ring|]. cbn [RamNumbers.sh product_carry]. rewrite IH.
      rewrite (sh_step l base_least xv j) at 1. cbn [RamNumbers.sh].
      replace ((B * (sh xv j / B) + dig xv j) * g + product_carry g j)
        with ((sh xv j / B * g) * B + (dig xv j * g + product_carry g j)) by ring.
      rewrite Z.div_add_l by lia. reflexivity. }
    intros. split; [apply shift|]. unfold RamNumbers.dig at 1. rewrite shift, (sh_step l base_least xv j).
    replace ((B * sh xv (S j) + dig xv j) * g + product_carry g j)
      with (dig xv j * g + product_carry g j + (sh xv (S j) * g) * B) by ring.
    apply Z.mod_add. lia.
  Qed.

  Lemma multiplies : op i = MUL -> gives (under_way m) (place (iz i)) (xv * (yv mod B)).
  Proof.
    intros op_is. change (yv mod B) with (dig yv 0). set (g := dig yv 0). set (v := xv * g).
    pose proof (dig_range l base_least yv 0 : 0 <= g < B) as g_range.
    assert (forall d j w, (j + d = S (top nx))%nat -> good w -> writing w v j -> carried w = product_carry g j ->
      (ends (fam (last_token w)) = true \/ fam (last_token w) = fD) -> gives w (place (iz i)) v) as loop.
    { induction d as [|d IH]; intros j w far_ good_ writing_ carries_ lasts;
        pose proof good_ as (is_i & ex & ey & target_is & _); pose proof (proj1 (proj2 writing_)) as count;
        destruct (product_step g j) as [shift digit]; fold v in shift, digit;
        pose proof (product_carry_range g g_range j) as c_range; pose proof (dig_range l base_least xv j) as x_range;
        assert (next w = if (j <=? top nx)%nat then tok fK ((dig xv j * g + product_carry g j) / B) 0
                         else last l w (product_carry g j - neg xv * g)) as says
          by (reduce_next; rewrite is_i, op_is; unfold multiply; rewrite ex, ey, count, gx, gy, carries_, sx;
              fold g; destruct lasts as [e|e]; destruct (fam (last_token w)); try discriminate e; reflexivity).
      - destruct (Nat.leb_spec j (top nx)); [lia|].
        assert (sh v j = product_carry g j - neg xv * g) as rest.
        { rewrite shift. replace j with (S (top nx)) at 1 by lia. rewrite past_x by lia. ring. }
        rewrite <- rest in says. eapply finish; try eassumption; [|exact pz_valid].
        rewrite rest. destruct (neg_bit xv) as [-> | ->]; lia.
      - destruct (Nat.leb_spec j (top nx)); [|lia].
        set (k := (dig xv j * g + product_carry g j) / B) in *. set (t := tok fK k 0) in *.
        apply (quietly l m s w (come w t) _ v t says); [reflexivity..|].
        assert (carried (come w t) = product_carry g j) as carried_.
        { cbn [come carried]. rewrite carries_. destruct lasts as [e|e]; destruct (fam (last_token w)); try discriminate e; reflexivity. }
        pose proof (Z.div_mod (dig xv j * g + product_carry g j) B ltac:(lia)) as split_total.
        fold k in split_total. rewrite <- digit in split_total.
        assert (next (come w t) = if (j =? top nx)%nat && (k =? 0) && (neg xv =? 0) then last l (come w t) (dig xv j * g + product_carry g j)
                         else tok fD (dig v j) 0) as says_K.
        { reduce_next. change (instr (come w t)) with (instr w). rewrite is_i, op_is. unfold multiply.
          change (fam (last_token (come w t))) with fK. cbn iota. change (x (come w t)) with (x w).
          change (y (come w t)) with (y w). change (written (come w t)) with (written w). change (value (last_token (come w t))) with k.
          rewrite ex, ey, count, gx, gy, carried_, sx. fold g.
          destruct ((j =? top nx)%nat && (k =? 0) && (neg xv =? 0)); [reflexivity|]. f_equal. lia. }
        destruct ((j =? top nx)%nat && (k =? 0) && (neg xv =? 0)) eqn:over.
        + apply andb_prop in over as [over positive]. apply andb_prop in over as [at_top none].
          apply Nat.eqb_eq in at_top. apply Z.eqb_eq in none, positive.
          assert (sh v j = dig xv j * g + product_carry g j) as rest.
          { rewrite shift, (sh_step l base_least xv j), past_x, positive by lia. ring. }
          rewrite <- rest in says_K. eapply finish; [eassumption..|apply come_writing; eassumption| |exact target_is|exact pz_valid|exact says_K].
          rewrite rest. pose proof (dig_range l base_least v j). lia.
        + eapply group; [apply come_writing; exact writing_|exact says_K|].
          apply (IH (S j)); [lia|exact good_|apply put_writing; exact writing_|reflexivity|right; reflexivity]. }
    destruct (start_is l m s i standing prepared found) as (begins_ & _ & _ & no_carry & _).
    apply (loop (S (top nx)) 0%nat); [lia|exact start_good'|apply start_writing'|exact no_carry|left; exact begins_].
  Qed.
End Operations.
