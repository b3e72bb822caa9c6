(** Long division, and what LOAD and STORE do. *)

Require Import ZArith List Bool Lia RamMachine RamTokens RamNumbers RamValues RamOperations.
Import ListNotations.
Open Scope Z_scope.

Section Division.
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

  Let gx := gx l base_least groups_least m s i standing operands.
  Let gy := gy l base_least groups_least m s i standing operands.
  Let sx := sx l base_least groups_least m s i standing operands.
  Let past_x := past_x l base_least groups_least m s i standing operands.
  Let start_good := start_good l base_least groups_least m s i standing prepared found operands.
  Let start_writing := start_writing l m s i standing prepared found.
  Let start_is := start_is l m s i standing prepared found.
  Let pz_valid := pz_valid l base_least groups_least s i operands.

  Ltac reduce_next := unfold next_token, with_work; cbn [under_way depth pc callers]; cbn zeta.

  (** A value whose only token is L. *)
  Lemma writes_one : forall w p v g sgn, writing w v 0 -> next w = tok fL g sgn -> holds (num [g] sgn) v ->
    target w = name l p -> valid l p -> gives w p v.
  Proof.
    intros w p v g sgn (groups_are & _) says held target_is valid_p.
    set (t := tok fL g sgn) in *. set (n := num [g] sgn) in *.
    exists (store l (with_work m w) (target w) n t). split.
    - apply (one_quiet l _ _ t); [exact says|reflexivity|reflexivity|].
      replace (take l (with_work m w) t) with (store l (with_work m w) (target w) n t); [apply nothing|].
      unfold take. cbn [fam t under_way with_work]. change (written_groups (come w t)) with (written_groups w).
      rewrite groups_are. reflexivity.
    - rewrite target_is. eapply stored; try eassumption. reflexivity.
  Qed.

  Lemma sh_quotient : forall d a j, 0 < d -> sh (a / d) j = sh a j / d.
  Proof.
    intros d a j positive. induction j as [|j IH]; [reflexivity|]. cbn [RamNumbers.sh].
    rewrite IH, !Z.div_div by lia. f_equal. ring.
  Qed.

  (** One row: from what is left of the rows above to a digit of the quotient, and what is left. *)
  Lemma row : forall d j, 0 < d ->
    (B * (sh xv (S j) mod d) + dig xv j) / d = dig (xv / d) j
    /\ B * (sh xv (S j) mod d) + dig xv j - dig (xv / d) j * d = sh xv j mod d.
  Proof.
    intros d j positive.
    pose proof (sh_step l base_least xv j) as step_x. pose proof (sh_step l base_least (xv / d) j) as step_q.
    rewrite !sh_quotient in step_q by exact positive.
    pose proof (Z.div_mod (sh xv (S j)) d ltac:(lia)) as above. pose proof (Z.div_mod (sh xv j) d ltac:(lia)) as here.
    pose proof (Z.mod_pos_bound (sh xv j) d positive) as bound.
    assert (B * (sh xv (S j) mod d) + dig xv j = d * dig (xv / d) j + sh xv j mod d) as whole by nia.
    split; [|lia]. symmetry. apply Z.div_unique with (sh xv j mod d); [left; exact bound|exact whole].
  Qed.

  Lemma first_remainder : forall d, 0 < d -> sh xv (S (top nx)) mod d = neg xv * (d - 1).
  Proof.
    intros d positive. rewrite past_x by lia. destruct (neg_bit xv) as [-> | ->].
    - apply Z.mod_0_l. lia.
    - symmetry. apply Z.mod_unique with (-1); lia.
  Qed.

  Lemma top_quotient : forall d, 0 < d -> sh (xv / d) (S (top nx)) = - neg xv.
  Proof.
    intros d positive. rewrite sh_quotient, past_x by (lia || exact positive). destruct (neg_bit xv) as [-> | ->].
    - apply Z.div_0_l. lia.
    - symmetry. apply Z.div_unique with (d - 1); lia.
  Qed.

  Section Rows.
    Variable remainder : bool.
    Local Notation d := (dig yv 0).
    Hypothesis op_is : op i = if remainder then REM else QUO.
    Hypothesis positive : 0 < d.
    Local Notation q := (xv / d).

    Definition result : Z := if remainder then xv mod d else q.

    Lemma says : forall w, good w -> next w = divide l remainder w.
    Proof. intros w (is_i & _). reduce_next. rewrite is_i, op_is. destruct remainder; reflexivity. Qed.

    (** Before the digit of row [r]. *)
    Record at_row (r : nat) (w : work) : Prop := {
      row_good : good w;
      row_nothing : forall v, writing w v 0;
      row_number : rows w = r;
      row_left : if begins w then r = 0%nat else fam (last_token w) = fH /\ value (last_token w) = sh xv (S (top nx - r)) mod d;
      row_digits : forall j, (top nx - r < j <= top nx)%nat -> digits w j = dig q j }.

    Lemma tail : forall w, good w -> fam (last_token w) = fD -> writing w q 1 -> (0 < top nx)%nat ->
      (forall j, (0 < j <= top nx)%nat -> digits w j = dig q j) -> gives w (place (iz i)) q.
    Proof.
      intros w good_w at_D writing_w more digits_w.
      apply (copies l base_least groups_least m s standing
        (fun u => good u /\ fam (last_token u) = fD /\ digits u = digits w) _ q (neg xv) (fun j => (j =? top nx)%nat) (top nx) 1 w).
      - apply neg_bit.
      - exact pz_valid.
      - intros u (H & _ & same). split; [exact H|]. split; [reflexivity|exact same].
      - intros u ((_ & _ & _ & target_is & _) & _). exact target_is.
      - intros u k (good_u & D_u & same) (_ & count & _) range. rewrite (says u good_u).
        pose proof good_u as (_ & ex & _). unfold divide. rewrite D_u, same, count, ex. unfold copied.
        rewrite digits_w, ex, sx by lia. reflexivity.
      - intros k range over. apply Nat.eqb_eq in over. subst k.
        rewrite (sh_step l base_least q (top nx)), top_quotient by exact positive. ring.
      - apply Nat.eqb_refl.
      - lia.
      - repeat split; assumption || exact good_w || idtac. all: apply good_w.
      - exact writing_w.
    Qed.

    Lemma rows_give : forall k r w, (r + k = top nx)%nat -> at_row r w -> gives w (place (iz i)) result.
    Proof.
      assert (forall r w, (r <= top nx)%nat -> at_row r w ->
        (B * (if begins w then sign (x w) * (d - 1) else value (last_token w)) + get l (x w) (top (x w) - rows w)) / d
          = dig q (top nx - r)
        /\ (if begins w then sign (x w) * (d - 1) else value (last_token w)) = sh xv (S (top nx - r)) mod d) as digit_is.
      { intros r w less [good_w _ number left_ _]. pose proof good_w as (_ & ex & _). rewrite ex, number, gx, sx.
        assert ((if begins w then neg xv * (d - 1) else value (last_token w)) = sh xv (S (top nx - r)) mod d) as before.
        { destruct (begins w); [|apply left_]. rewrite left_, Nat.sub_0_r. symmetry. apply first_remainder. exact positive. }
        rewrite before. split; [apply row; exact positive|reflexivity]. }
      assert (forall r w, (r <= top nx)%nat -> at_row r w ->
        next w = if remainder || (r <? top nx)%nat then tok fQ (dig q (top nx - r)) 0
                 else if (0 <? top nx)%nat then tok fD (dig q 0) 0 else tok fL (dig q 0) (neg xv)) as next_is.
      { intros r w less at_r. destruct (digit_is r w less at_r) as [digit _]. destruct at_r as [good_w _ number left_ _].
        rewrite (says w good_w). pose proof good_w as (_ & ex & ey & _). unfold divide.
        rewrite ey, gy, ex in *. rewrite digit. rewrite number, sx in *.
        replace (begins w && (d =? 0)) with false by (symmetry; apply andb_false_iff; right; apply Z.eqb_neq; lia).
        assert (forall (A : Type) (a b c : A), match fam (last_token w) with fD => a | fQ => b | _ => c end = c) as other.
        { intros. unfold begins in left_. destruct (fam (last_token w)); cbn [ends] in left_; try reflexivity;
            destruct left_ as [e _]; discriminate e. }
        rewrite other. destruct (remainder || (r <? top nx)%nat) eqn:on; [reflexivity|].
        apply orb_false_iff in on as [_ on]. apply Nat.ltb_ge in on. replace (top nx - r)%nat with 0%nat by lia. reflexivity. }
      assert (forall r w, (r <= top nx)%nat -> at_row r w -> remainder || (r <? top nx)%nat = true ->
        let t := tok fQ (dig q (top nx - r)) 0 in
        let w1 := next_row (come w t) (fun j => if (j =? top nx - r)%nat then dig q (top nx - r) else digits w j) in
        (gives w1 (place (iz i)) result -> gives w (place (iz i)) result)
        /\ next w1 = tok (if (S r <=? top nx)%nat then fH else fL) (sh xv (top nx - r) mod d) 0) as one_row.
      { intros r w less at_r on t w1. pose proof (next_is r w less at_r) as says_Q. rewrite on in says_Q.
        destruct (digit_is r w less at_r) as [_ before]. destruct at_r as [good_w nothing_ number left_ digits_w].
        pose proof good_w as (is_i & ex & ey & target_is & zero).
        split.
        - apply (quietly l m s w w1 _ _ t says_Q); [reflexivity..|].
          change (take l (with_work m w) t) with (with_work m (next_row (come w t)
            (fun j => if (j =? top (x w) - rows w)%nat then dig q (top nx - r) else digits w j))).
          rewrite ex, number. reflexivity.
        - rewrite (says w1) by exact good_w. unfold divide. change (fam (last_token w1)) with fQ. cbn iota.
          change (y w1) with (y w). change (x w1) with (x w). change (rows w1) with (S (rows w)).
          change (value (last_token w1)) with (dig q (top nx - r)). rewrite ey, gy, ex, number, gx, sx.
          replace (top nx + 1 - S r)%nat with (top nx - r)%nat by lia.
          assert ((if (1 <? S r)%nat then carried w1 else neg xv * (d - 1)) = sh xv (S (top nx - r)) mod d) as was.
          { rewrite <- before, ex, sx. destruct r as [|r].
            - cbn. destruct (begins w) eqn:b; [reflexivity|]. destruct left_ as [_ v]. rewrite v, Nat.sub_0_r.
              symmetry. apply first_remainder. exact positive.
            - cbn [Nat.ltb Nat.leb]. destruct (begins w); [discriminate left_|]. destruct left_ as [is_H v].
              unfold w1. cbn [next_row come carried]. rewrite is_H. reflexivity. }
          rewrite was. destruct (row d (top nx - r) positive) as [_ rest]. rewrite rest. reflexivity. }
      induction k as [|k IH]; intros r w sum_ at_r.
      - assert (r = top nx) as -> by lia. pose proof (next_is (top nx) w ltac:(lia) at_r) as says_.
        rewrite Nat.ltb_irrefl, orb_false_r in says_. unfold result.
        assert (remainder = true \/ remainder = false) as [which|which] by (destruct remainder; auto); rewrite which in says_.
        + destruct (one_row (top nx) w ltac:(lia) at_r ltac:(rewrite which; reflexivity)) as [go_on says_L]. apply go_on.
          unfold result. rewrite which.
          destruct (Nat.leb_spec (S (top nx)) (top nx)); [lia|]. rewrite Nat.sub_diag in *.
          eapply writes_one; [apply (row_nothing _ _ at_r)|exact says_L| | |exact pz_valid].
          * change (sh xv 0) with xv. exists 0%nat. pose proof (Z.mod_pos_bound xv d positive) as bound.
            pose proof (dig_range l base_least yv 0).
            assert (neg (xv mod d) = 0) as nonneg by (destruct (neg_cases (xv mod d)) as [[-> _]|[_ ?]]; [reflexivity|lia]).
            assert (forall a, 0 <= a < B -> dig a 0 = a /\ sh a 1 = 0) as small
              by (intros a range; split; [apply Z.mod_small; exact range|apply Z.div_small; exact range]).
            destruct (small (xv mod d) ltac:(lia)) as [digit past]. cbn [seq map]. rewrite nonneg, digit, past.
            split; [reflexivity|]. split; [reflexivity|left; reflexivity].
          * pose proof (row_good _ _ at_r) as (_ & _ & _ & target_is & _). exact target_is.
        + rewrite which. pose proof (row_good _ _ at_r) as good_w. pose proof good_w as (_ & _ & _ & target_is & _).
          destruct (Nat.ltb_spec 0 (top nx)) as [more|single].
          * eapply group; [apply (row_nothing _ _ at_r)|exact says_|].
            apply tail; [exact good_w|reflexivity|apply put_writing; apply (row_nothing _ _ at_r)|exact more|].
            intros j range. apply (row_digits _ _ at_r). lia.
          * eapply writes_one; [apply (row_nothing _ _ at_r)|exact says_| |exact target_is|exact pz_valid].
            assert (top nx = 0)%nat as top_0 by lia. pose proof (top_quotient d positive) as past_q. rewrite top_0 in past_q.
            assert (neg q = neg xv) as sign_q.
            { rewrite <- (neg_sh l base_least q 1), past_q. destruct (neg_bit xv) as [-> | ->]; reflexivity. }
            exists 0%nat. rewrite sign_q. split; [reflexivity|]. split; [exact past_q|left; reflexivity].
      - pose proof (next_is r w ltac:(lia) at_r) as says_.
        assert (remainder || (r <? top nx)%nat = true) as on
          by (apply orb_true_intro; right; apply Nat.ltb_lt; lia).
        destruct (one_row r w ltac:(lia) at_r on) as [go_on says_H]. apply go_on.
        set (w1 := next_row _ _) in *. replace (S r <=? top nx)%nat with true in says_H by (symmetry; apply Nat.leb_le; lia).
        set (t := tok fH _ _) in says_H. apply (quietly l m s w1 (come w1 t) _ _ t says_H); [reflexivity..|].
        apply (IH (S r)); [lia|]. destruct at_r as [good_w nothing_ number left_ digits_w]. constructor.
        + exact good_w.
        + exact nothing_.
        + cbn. rewrite number. reflexivity.
        + cbn [begins come last_token fam t ends value]. split; [reflexivity|]. replace (S (top nx - S r)) with (top nx - r)%nat by lia. reflexivity.
        + intros j range. cbn [come digits w1 next_row]. destruct (Nat.eqb_spec j (top nx - r)) as [-> |other]; [reflexivity|].
          apply digits_w. lia.
    Qed.

    Lemma divides : gives (under_way m) (place (iz i)) result.
    Proof.
      destruct start_is as (begins_ & _ & rows_ & _). apply (rows_give (top nx) 0); [lia|]. constructor.
      - exact start_good.
      - exact start_writing.
      - exact rows_.
      - rewrite begins_. reflexivity.
      - intros j range. lia.
    Qed.
  End Rows.
End Division.
