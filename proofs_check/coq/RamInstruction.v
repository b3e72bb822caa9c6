(** Any instruction: what the token-level specification does is what the instruction set says. *)

Require Import ZArith List Bool Lia RamMachine RamTokens RamNumbers RamValues RamOperations RamDivision RamAddresses.
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

  (** A reading tells an event: an integer by its canonical form, a character by the groups of that form. *)
  Definition tells (r : reading) (e : event) : Prop :=
    match r, e with
    | Signed n, Integer v => holds n v
    | Code gs, Character v => exists n, holds n v /\ groups n = gs
    | _, _ => False
    end.

  Lemma monotone : forall j p q, sh p j < sh q j -> p < q.
  Proof.
    induction j as [|j IH]; cbn [RamNumbers.sh]; intros p q less; [exact less|]. apply IH.
    destruct (Z.lt_ge_cases (sh p j) (sh q j)) as [|ge]; [assumption|].
    pose proof (Z.div_le_mono (sh q j) (sh p j) B ltac:(lia) ge). lia.
  Qed.

  Section Instruction.
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
    Local Notation leads := (leads l m).
    Local Notation next w := (next_token l (with_work m w)).

    Let gx := gx l base_least groups_least m s i standing operands.
    Let gy := gy l base_least groups_least m s i standing operands.
    Let sx := sx l base_least groups_least m s i standing operands.
    Let past_x := past_x l base_least groups_least m s i standing operands.
    Let hx := hx l base_least groups_least m s i standing operands.
    Let hy := hy l base_least groups_least m s i standing operands.
    Let start_good := start_good l base_least groups_least m s i standing prepared found operands.
    Let start_writing := start_writing l m s i standing prepared found.
    Let start_is := start_is l m s i standing prepared found.
    Let pz_valid := pz_valid l base_least groups_least s i operands.

    Lemma sy : sign ny = neg yv.
    Proof. apply (holds_get l base_least ny yv hy). Qed.
    Lemma past_y : forall j, (top ny <= j)%nat -> sh yv (S j) = - neg yv.
    Proof. apply (holds_get l base_least ny yv hy). Qed.

    Ltac reduce_next := unfold next_token, with_work; cbn [under_way depth pc callers]; cbn zeta.

    (** The instruction comes to its end in this state, and has printed this. *)
    Definition comes (w : work) (s' : state) (events : list event) : Prop :=
      exists readings m', emits l (with_work m w) readings m' /\ Forall2 tells readings events
        /\ stands_for l m' s' /\ ready l m' /\ program m' = program m.

    Lemma gives_comes : forall w p v, gives w p v ->
      comes w (at_state (counter s + 1) (calls s) (set (cells s) p v)) [].
    Proof. intros w p v (m' & tokens & after). exists [], m'. split; [exact tokens|]. split; [constructor|exact after]. Qed.

    Lemma leads_comes : forall w w' s' events, leads w w' -> comes w' s' events -> comes w s' events.
    Proof.
      intros w w' s' events more (readings & m' & tokens & after). exists readings, m'.
      split; [apply more; exact tokens|exact after].
    Qed.

    (** A token that ends the instruction and leaves memory and calls as they are. *)
    Lemma goes : forall w t distance readings events, next w = t -> stops (fam t) = false -> ends (fam t) = true ->
      printed (with_work m w) t = readings -> Forall2 tells readings events ->
      take l (with_work m w) t = go l (with_work m w) distance t ->
      comes w (at_state (counter s + distance) (calls s) (cells s)) events.
    Proof.
      intros w t distance readings events says goes_on end_ prints told taken.
      exists (readings ++ []), (go l (with_work m w) distance t). split; [|split; [rewrite app_nil_r; exact told|]].
      - rewrite <- prints, <- says. apply one; rewrite says; [exact goes_on|]. rewrite taken. apply nothing.
      - split; [|split; [exists t, (target w); split; [exact end_|reflexivity]|reflexivity]]. constructor.
        + cbn. rewrite (same_counter l m s standing). reflexivity.
        + exact (same_depth l m s standing).
        + exact (same_callers l m s standing).
        + exact (same_cells l m s standing).
    Qed.

    (* ---------------------------------------------------------------------------------------- comparisons *)

    Definition orders (order : Z) : Prop := (order < 0 <-> xv < yv) /\ (order = 0 <-> xv = yv).

    Lemma compares : forall taken offset, (forall w, good w -> next w = compare l taken offset w) ->
      exists order, orders order
        /\ comes (under_way m) (at_state (counter s + (if taken order then offset - B / 2 else 1)) (calls s) (cells s)) [].
    Proof.
      intros taken offset says. set (t := top nx).
      assert (forall w order, good w -> next w = tok fJ (if taken order then offset - B / 2 else 1) 0 ->
        comes w (at_state (counter s + (if taken order then offset - B / 2 else 1)) (calls s) (cells s)) []) as jumps_.
      { intros w order (_ & _ & _ & _ & zero) says_J. set (t' := tok fJ _ _) in says_J.
        apply (goes w t' _ [] [] says_J); try reflexivity; [constructor|].
        unfold take. change (fam t') with fJ. cbn iota zeta. change (far (come (under_way (with_work m w)) t')) with (far w).
        rewrite zero. reflexivity. }
      assert (forall k r w, (r + k = t)%nat -> good w -> rows w = r -> (begins w = true -> neg xv = neg yv /\ top nx = top ny) ->
        sh xv (S (t - r)) = sh yv (S (t - r)) ->
        exists order, orders order
          /\ comes w (at_state (counter s + (if taken order then offset - B / 2 else 1)) (calls s) (cells s)) []) as loop.
      { induction k as [|k IH]; intros r w sum_ good_w number alike equal_above;
          pose proof (says w good_w) as says_w; pose proof good_w as (_ & ex & ey & _);
          unfold compare in says_w; rewrite ex, ey, number, sx, sy, !gx, !gy in says_w; fold t in says_w;
          (replace (begins w && negb (neg xv =? neg yv)) with false in says_w
            by (destruct (begins w); [|reflexivity]; destruct (alike eq_refl) as [-> _]; rewrite Z.eqb_refl; reflexivity));
          (replace (begins w && negb (t =? top ny)%nat) with false in says_w
            by (destruct (begins w); [|reflexivity]; destruct (alike eq_refl) as [_ <-]; unfold t; rewrite Nat.eqb_refl; reflexivity));
          set (order := dig xv (t - r) - dig yv (t - r)) in *;
          pose proof (sh_step l base_least xv (t - r)) as step_x; pose proof (sh_step l base_least yv (t - r)) as step_y.
        all: assert (order <> 0 -> orders order) as decided by
          (intros other; pose proof (monotone (t - r) xv yv); pose proof (monotone (t - r) yv xv);
           split; split; intros; unfold order in *; try lia; subst; lia).
        - assert (t - r = 0)%nat as bottom by lia. rewrite bottom in says_w at 1. rewrite andb_false_r in says_w.
          exists order. split; [|apply jumps_; assumption].
          destruct (Z.eq_dec order 0) as [e|other]; [|apply decided; exact other].
          unfold order in *. rewrite bottom in *. change (sh xv 0) with xv in step_x. change (sh yv 0) with yv in step_y. split; lia.
        - destruct (Z.eqb_spec order 0) as [e|other]; cbn [andb] in says_w.
          + destruct (Nat.ltb_spec 0 (t - r)); [|lia]. set (t' := tok fSAME 0 0) in says_w.
            set (w1 := next_row (come w t') (digits (come w t'))).
            destruct (IH (S r) w1) as (order' & right_ & arrives); [lia|exact good_w|cbn; lia|intros no; discriminate no| |].
            * replace (S (t - S r)) with (t - r)%nat by lia. unfold order in e. lia.
            * exists order'. split; [exact right_|]. apply (leads_comes w w1); [|exact arrives].
              apply (leads_on l m w w1 w1 t' says_w); try reflexivity. apply leads_refl.
          + exists order. split; [apply decided; exact other|apply jumps_; assumption]. }
      destruct start_is as (begins_ & _ & rows_ & _). pose proof (says _ start_good) as says_0.
      pose proof start_good as (_ & ex & ey & _). unfold compare in says_0. rewrite ex, ey, begins_, sx, sy in says_0. cbn [andb] in says_0.
      destruct (Z.eqb_spec (neg xv) (neg yv)) as [same|other]; cbn [negb] in says_0.
      - destruct (Nat.eqb_spec (top nx) (top ny)) as [long|differ]; cbn [negb] in says_0.
        + apply (loop t 0%nat); [lia|exact start_good|exact rows_|split; assumption|].
          rewrite Nat.sub_0_r. unfold t. rewrite past_x by lia. rewrite long, past_y by lia. lia.
        + exists ((Z.of_nat (top nx) - Z.of_nat (top ny)) * (1 - 2 * neg xv)). split; [|apply jumps_; [exact start_good|exact says_0]].
          pose proof (shorter_is_nearer l base_least nx ny xv yv hx hy same) as nearer.
          pose proof (shorter_is_nearer l base_least ny nx yv xv hy hx (eq_sym same)) as nearer'. rewrite <- same in nearer'.
          destruct (neg_bit xv) as [e|e]; rewrite e in *; cbn [Z.eqb] in *;
            (destruct (Nat.lt_ge_cases (top nx) (top ny)); [specialize (nearer ltac:(lia))|specialize (nearer' ltac:(lia))]); split; lia.
      - exists (neg yv - neg xv). split; [|apply jumps_; [exact start_good|exact says_0]].
        destruct (neg_cases xv) as [[e ?]|[e ?]]; destruct (neg_cases yv) as [[e' ?]|[e' ?]]; rewrite e, e' in *; split; lia.
    Qed.

    (* -------------------------------------------------------------------------------------------- far jumps *)

    Lemma reaches : forall f distance, (forall w, instr w = Some i -> next w = jump l w f distance) ->
      exists w d, leads (under_way m) w /\ next w = tok f d 0 /\ far w + d = distance.
    Proof.
      intros f distance says. pose proof start_good as (is_i & _ & _ & _ & zero).
      destruct start_is as (begins_ & _). pose proof (says _ is_i) as says_0. unfold jump in says_0.
      assert (forall (A : Type) (a b : A), match fam (last_token (under_way m)) with fF => a | _ => b end = b) as other.
      { intros. unfold begins in begins_. destruct (fam (last_token (under_way m))); try reflexivity; discriminate begins_. }
      rewrite other in says_0. destruct ((- B <? distance) && (distance <? B)).
      - exists (under_way m), distance. split; [apply leads_refl|]. split; [exact says_0|]. rewrite zero. reflexivity.
      - set (h := - ((B - 2 * distance) / (2 * B))) in says_0. set (t := tok fF h 0) in says_0.
        set (w1 := go_far (come (under_way m) t) (B * h)). exists w1, (distance - B * h). split; [|split].
        + apply (leads_on l m _ w1 w1 t says_0); try reflexivity. apply leads_refl.
        + rewrite (says w1) by exact is_i. reflexivity.
        + cbn. lia.
    Qed.

    (* ---------------------------------------------------------------------------------------------- output *)

    Lemma outputs : forall f sgn e, f = fINT \/ f = fCHAR -> (forall w, good w -> next w = output l w f sgn) ->
      (f = fINT -> sgn = neg xv /\ e = Integer xv) -> (f = fCHAR -> e = Character xv) ->
      comes (under_way m) (at_state (counter s + 1) (calls s) (cells s)) [e].
    Proof.
      intros f sgn e which says signed coded. set (t := top nx).
      assert (forall k j w, (j + k = t)%nat -> good w -> writing w xv j ->
        comes w (at_state (counter s + 1) (calls s) (cells s)) [e]) as loop.
      { induction k as [|k IH]; intros j w sum_ good_w writing_w; pose proof (says w good_w) as says_w;
          pose proof good_w as (_ & ex & _); pose proof writing_w as (groups_are & count & _);
          unfold output in says_w; rewrite ex, count, gx in says_w; fold t in says_w; destruct (Nat.ltb_spec j t); try lia.
        - set (t' := tok f (dig xv j) sgn) in says_w.
          assert (holds (num (map (dig xv) (seq 0 (S t))) (neg xv)) xv) as held.
          { exists t. split; [reflexivity|]. split; [apply past_x; unfold t; lia|].
            destruct (holds_get l base_least nx xv hx) as (_ & _ & _ & canonical). exact canonical. }
          assert (written_groups w ++ [dig xv j] = map (dig xv) (seq 0 (S t))) as whole.
          { rewrite groups_are. replace j with t by lia. rewrite seq_S, map_app. reflexivity. }
          apply (goes w t' 1 (printed (with_work m w) t') [e] says_w); try reflexivity;
            destruct which as [-> | ->]; try reflexivity.
          + destruct (signed eq_refl) as [-> ->]. unfold printed. cbn [t' fam value flag under_way with_work].
            rewrite whole. constructor; [exact held|constructor].
          + rewrite (coded eq_refl). unfold printed. cbn [t' fam value flag under_way with_work].
            rewrite whole. constructor; [|constructor]. exists (num (map (dig xv) (seq 0 (S t))) (neg xv)). split; [exact held|reflexivity].
        - set (t' := tok fD (dig xv j) 0) in says_w. set (w1 := put l (come w t') (dig xv j)).
          apply (leads_comes w w1); [|apply (IH (S j)); [lia|exact good_w|apply put_writing; exact writing_w]].
          apply (leads_on l m w w1 w1 t' says_w); try reflexivity. apply leads_refl. }
      apply (loop t 0%nat); [lia|exact start_good|apply start_writing].
    Qed.

    Lemma puts : op i = PUT -> comes (under_way m) (at_state (counter s + 1) (calls s) (cells s)) [Character (iz i)].
    Proof.
      intros op_is. pose proof start_good as (is_i & _). set (t := tok fCHAR (iz i) 0).
      assert (next (under_way m) = t) as says by (reduce_next; rewrite is_i, op_is; reflexivity).
      apply (goes _ t 1 (printed (with_work m (under_way m)) t) _ says); try reflexivity.
      destruct (start_writing 0) as (no_groups & _). unfold printed. cbn [t fam value under_way with_work].
      rewrite no_groups. constructor; [|constructor]. exists (num [iz i] 0). split; [|reflexivity].
      assert (neg (iz i) = 0) as sign_z by (destruct (neg_cases (iz i)) as [[-> _]|[_ ?]]; [reflexivity|lia]).
      exists 0%nat. assert (dig (iz i) 0 = iz i) as digit by (apply Z.mod_small; lia). cbn [seq map]. rewrite digit, sign_z.
      split; [reflexivity|]. split; [apply Z.div_small; lia|left; reflexivity].
    Qed.

    (* ------------------------------------------------------------------------------------- any instruction *)

    Lemma next_start : next_token l m = next (under_way m).
    Proof. rewrite with_own_work. reflexivity. Qed.

    Lemma jumps_to : forall distance, (forall w, instr w = Some i -> next w = jump l w fJ distance) ->
      comes (under_way m) (at_state (counter s + distance) (calls s) (cells s)) [].
    Proof.
      intros distance says. destruct (reaches fJ distance says) as (w & d & leads_w & says_w & sum_).
      apply (leads_comes _ w); [exact leads_w|]. set (t := tok fJ d 0) in says_w.
      apply (goes w t _ [] [] says_w); try reflexivity; [constructor|].
      unfold take. change (fam t) with fJ. cbn iota zeta. change (far (come (under_way (with_work m w)) t)) with (far w).
      change (value t) with d. rewrite sum_. reflexivity.
    Qed.

    Lemma calls_ : op i = CALL -> depth m < max_depth l ->
      comes (under_way m) (at_state (B * iy i + iz i) (counter s :: calls s) (cells s)) [].
    Proof.
      intros op_is room. pose proof (same_counter l m s standing) as at_.
      destruct (reaches fCALL (B * iy i + iz i - pc m)) as (w & d & leads_w & says_w & sum_).
      { intros w is_i. reduce_next. rewrite is_i, op_is. destruct (Z.leb_spec (max_depth l) (depth m)); [lia|reflexivity]. }
      apply (leads_comes _ w); [exact leads_w|]. set (t := tok fCALL d 0) in says_w.
      exists [], (take l (with_work m w) t). split; [|split; [constructor|]].
      - apply (one_quiet l _ _ t); [exact says_w|reflexivity..|apply nothing].
      - split; [|split; [exists t, (target w); split; reflexivity|reflexivity]]. constructor.
        + cbn. lia.
        + cbn. rewrite (same_depth l m s standing). unfold depth_of. cbn [calls length]. lia.
        + intros j less. cbn [take with_work go callers depth fam t counter calls] in *. unfold update.
          pose proof (same_depth l m s standing) as deep. unfold depth_of in deep.
          destruct j as [|j].
          * replace (1 + (depth m + 1) - Z.of_nat 0 =? 2 + depth m) with true by (symmetry; apply Z.eqb_eq; lia).
            cbn [nth]. exact at_.
          * replace (1 + (depth m + 1) - Z.of_nat (S j) =? 2 + depth m) with false by (symmetry; apply Z.eqb_neq; lia).
            cbn [nth]. rewrite <- (same_callers l m s standing j) by (cbn in less; lia). f_equal. lia.
        + exact (same_cells l m s standing).
    Qed.

    Lemma returns : op i = RET -> forall call others, calls s = call :: others ->
      comes (under_way m) (at_state (call + 1) others (cells s)) [].
    Proof.
      intros op_is call others open. pose proof (same_counter l m s standing) as at_.
      pose proof (same_depth l m s standing) as deep. unfold depth_of in deep. rewrite open in deep. cbn [length] in deep.
      assert (callers m (1 + depth m) = call) as caller.
      { pose proof (same_callers l m s standing 0) as first. rewrite open in first. cbn [length nth] in first.
        rewrite <- first by lia. f_equal. lia. }
      destruct (reaches fRET (call + 1 - pc m)) as (w & d & leads_w & says_w & sum_).
      { intros w is_i. reduce_next. rewrite is_i, op_is. change (depth (make _ _ _ (depth m) _ _ _)) with (depth m).
        destruct (Z.eqb_spec (depth m) 0); [lia|]. rewrite caller. reflexivity. }
      apply (leads_comes _ w); [exact leads_w|]. set (t := tok fRET d 0) in says_w.
      exists [], (take l (with_work m w) t). split; [|split; [constructor|]].
      - apply (one_quiet l _ _ t); [exact says_w|reflexivity..|apply nothing].
      - split; [|split; [exists t, (target w); split; reflexivity|reflexivity]]. constructor.
        + cbn. lia.
        + cbn. unfold depth_of. cbn [calls]. lia.
        + intros j less. cbn [take with_work go callers depth fam t counter calls] in *.
          pose proof (same_callers l m s standing (S j)) as same. rewrite open in same. cbn [length nth] in same.
          rewrite <- same by lia. f_equal. lia.
        + exact (same_cells l m s standing).
    Qed.

    Lemma divides_or_faults : forall remainder : bool, op i = (if remainder then REM else QUO) ->
      if dig yv 0 =? 0 then faults l m (under_way m)
      else gives (under_way m) (place (iz i)) (if remainder then xv mod dig yv 0 else xv / dig yv 0).
    Proof.
      intros remainder op_is. pose proof start_good as (is_i & _ & ey & _). pose proof start_is as (begins_ & _).
      destruct (Z.eqb_spec (dig yv 0) 0) as [none|some].
      - exists (under_way m). split; [apply leads_refl|]. reduce_next. rewrite is_i, op_is.
        assert (divide l remainder (under_way m) = fault) as faulty; [|destruct remainder; exact faulty].
        unfold divide. rewrite ey, gy, begins_, none. cbn [Z.eqb andb]. unfold begins in begins_.
        destruct (fam (last_token (under_way m))); try reflexivity; discriminate begins_.
      - pose proof (dig_range l base_least yv 0).
        apply (divides l base_least groups_least m s i standing prepared found operands remainder op_is). lia.
    Qed.

    Lemma instruction_simulated :
      match step l (program m) s with
      | Next s' events => comes (under_way m) s' events
      | Halted => fam (next_token l m) = fHALT
      | Faulted => faults l m (under_way m)
      end.
    Proof.
      unfold step. rewrite found. cbn zeta. fold xv yv zv.
      change (cells s (place (ix i))) with xv. change (cells s (place (iy i))) with yv. change (cells s (place (iz i))) with zv.
      pose proof start_good as (is_i & ex & ey & target_is & zero). pose proof start_is as (begins_ & _).
      assert (yv mod B = dig yv 0) as low by reflexivity.
      destruct (op i) eqn:op_is.
      - (* ADD *) apply gives_comes. replace (xv + yv) with (xv + yv + 0) by ring.
        eapply sums; try eassumption; [lia|reflexivity|exact past_y|].
        intros w (is_w & ex_w & ey_w & _). reduce_next. rewrite is_w, op_is, ex_w, ey_w, gy, sx, sy. reflexivity.
      - (* SUB *) apply gives_comes. replace (xv - yv) with (xv + (- 1 - yv) + 1) by ring.
        eapply sums; try eassumption; [lia|reflexivity| |].
        + intros j past. destruct (sh_not l base_least yv (S j)) as [-> _]. rewrite past_y, neg_not by exact past. ring.
        + intros w (is_w & ex_w & ey_w & _). reduce_next. rewrite is_w, op_is, ex_w, ey_w, gy, sx, sy, neg_not.
          destruct (sh_not l base_least yv (written w)) as [_ ->]. f_equal. ring.
      - (* MUL *) apply gives_comes. eapply multiplies; eassumption.
      - (* QUO *) pose proof (divides_or_faults false op_is) as done. rewrite low.
        destruct (dig yv 0 =? 0); [exact done|apply gives_comes; exact done].
      - (* REM *) pose proof (divides_or_faults true op_is) as done. rewrite low.
        destruct (dig yv 0 =? 0); [exact done|apply gives_comes; exact done].
      - (* SHR *) apply gives_comes. eapply shifts_right; eassumption.
      - (* SHL *) apply gives_comes. eapply shifts_left; eassumption.
      - (* LOAD *)
        pose proof (loads_or_stores l base_least groups_least m s i standing prepared found operands true op_is) as done.
        destruct (address l xv yv); [apply gives_comes; exact done|exact done].
      - (* STORE *)
        pose proof (loads_or_stores l base_least groups_least m s i standing prepared found operands false op_is) as done.
        destruct (address l xv yv); [apply gives_comes; exact done|exact done].
      - (* JLT *) destruct (compares (fun order => order <? 0) (iz i)) as (order & [less same] & done).
        { intros w (is_w & _). reduce_next. rewrite is_w, op_is. reflexivity. }
        replace (xv <? yv) with (order <? 0); [exact done|].
        destruct (Z.ltb_spec order 0), (Z.ltb_spec xv yv); tauto || lia.
      - (* JGE *) destruct (compares (fun order => 0 <=? order) (iz i)) as (order & [less same] & done).
        { intros w (is_w & _). reduce_next. rewrite is_w, op_is. reflexivity. }
        replace (yv <=? xv) with (0 <=? order); [exact done|].
        destruct (Z.leb_spec 0 order), (Z.leb_spec yv xv); tauto || lia.
      - (* JEQ *) destruct (compares (fun order => order =? 0) (iz i)) as (order & [less same] & done).
        { intros w (is_w & _). reduce_next. rewrite is_w, op_is. reflexivity. }
        replace (xv =? yv) with (order =? 0); [exact done|].
        destruct (Z.eqb_spec order 0), (Z.eqb_spec xv yv); tauto || lia.
      - (* JNE *) destruct (compares (fun order => negb (order =? 0)) (iz i)) as (order & [less same] & done).
        { intros w (is_w & _). reduce_next. rewrite is_w, op_is. reflexivity. }
        replace (xv =? yv) with (order =? 0); [exact done|].
        destruct (Z.eqb_spec order 0), (Z.eqb_spec xv yv); tauto || lia.
      - (* JIN *) destruct (compares (fun order => (order <? 0) && (neg xv =? 0)) (iz i)) as (order & [less same] & done).
        { intros w (is_w & ex_w & _). reduce_next. rewrite is_w, op_is, ex_w, sx. reflexivity. }
        replace ((0 <=? xv) && (xv <? yv)) with ((order <? 0) && (neg xv =? 0)); [exact done|].
        destruct (neg_cases xv) as [[-> ?]|[-> ?]]; destruct (Z.ltb_spec order 0), (Z.ltb_spec xv yv), (Z.leb_spec 0 xv);
          cbn; tauto || lia.
      - (* JMP *) rewrite <- (same_counter l m s standing). rewrite (same_counter l m s standing) at 1. apply jumps_to.
        intros w is_w. reduce_next. rewrite is_w, op_is. reflexivity.
      - (* CALL *) rewrite <- (same_depth l m s standing). destruct (Z.leb_spec (max_depth l) (depth m)).
        + exists (under_way m). split; [apply leads_refl|]. reduce_next. rewrite is_i, op_is.
          change (depth (make _ _ _ (depth m) _ _ _)) with (depth m).
          destruct (Z.leb_spec (max_depth l) (depth m)); [reflexivity|lia].
        + apply calls_; assumption.
      - (* RET *) destruct (calls s) as [|call others] eqn:open; [|apply returns; assumption].
        exists (under_way m). split; [apply leads_refl|]. reduce_next. rewrite is_i, op_is.
        change (depth (make _ _ _ (depth m) _ _ _)) with (depth m).
        pose proof (same_depth l m s standing) as deep. unfold depth_of in deep. rewrite open in deep. rewrite deep. reflexivity.
      - (* PUT *) apply puts. exact op_is.
      - (* OUTI *) apply (outputs fINT (neg xv)); [left; reflexivity| |split; reflexivity|discriminate].
        intros w (is_w & ex_w & _). reduce_next. rewrite is_w, op_is, ex_w, sx. reflexivity.
      - (* OUTC *) apply (outputs fCHAR 0); [right; reflexivity| |discriminate|reflexivity].
        intros w (is_w & _). reduce_next. rewrite is_w, op_is. reflexivity.
      - (* HALT *) rewrite next_start. reduce_next. rewrite is_i, op_is. reflexivity.
    Qed.
  End Instruction.
End Simulation.
