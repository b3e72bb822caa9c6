(** LOAD and STORE: an address, group by group, then a copy. *)

Require Import ZArith List Bool Lia RamMachine RamTokens RamNumbers RamValues RamOperations.
Import ListNotations.
Open Scope Z_scope.

Section Addresses.
  Variable l : layout.
  Local Notation B := (base l).
  Local Notation G := (groups_of_address l).
  Hypothesis base_least : 10 <= B.
  Hypothesis groups_least : (2 <= G)%nat.
  Local Notation dig := (dig l). Local Notation sh := (sh l). Local Notation holds := (holds l).
  Local Notation writing := (writing l).

  Lemma fits : forall n v, holds n v -> ((top n < G)%nat <-> - heap_size l <= v < heap_size l).
  Proof.
    intros n v held. destruct (holds_get l base_least n v held) as (_ & _ & past & canonical).
    pose proof (sh_pow l base_least groups_least v G) as whole. fold (heap_size l) in whole.
    assert (0 < heap_size l) as positive by (apply Z.pow_pos_nonneg; lia).
    pose proof (Z.div_mod v (heap_size l) ltac:(lia)) as parts. pose proof (Z.mod_pos_bound v (heap_size l) positive) as bound.
    rewrite <- whole in parts. split.
    - intros less. assert (sh v G = - neg v) as at_G by (apply (sh_past l base_least v (top n)); [apply past; lia|lia]).
      destruct (neg_cases v) as [[e ?]|[e ?]]; rewrite e in *; rewrite at_G in parts; lia.
    - intros range. destruct (le_lt_dec G (top n)) as [more|]; [exfalso|assumption].
      assert (sh v G = - neg v) as at_G.
      { destruct (neg_cases v) as [[e ?]|[e ?]]; rewrite e; nia. }
      destruct canonical as [zero|other]; [lia|]. apply other.
      destruct (Nat.eq_dec G (top n)) as [<-|]; [exact at_G|].
      apply (sh_past l base_least v (G - 1)); [replace (S (G - 1)) with G by lia; exact at_G|lia].
  Qed.

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
  Let hx := hx l base_least groups_least m s i standing operands.
  Let hy := hy l base_least groups_least m s i standing operands.
  Let start_good := start_good l base_least groups_least m s i standing prepared found operands.
  Let start_writing := start_writing l m s i standing prepared found.
  Let start_is := start_is l m s i standing prepared found.
  Let pz_valid := pz_valid l base_least groups_least s i operands.

  Ltac reduce_next := unfold next_token, with_work; cbn [under_way depth pc callers]; cbn zeta.

  Definition leads (w w' : work) : Prop :=
    forall readings m', emits l (with_work m w') readings m' -> emits l (with_work m w) readings m'.

  Lemma leads_refl : forall w, leads w w.
  Proof. intros w readings m' H. exact H. Qed.

  Lemma leads_on : forall w w' w'' t, next w = t -> stops (fam t) = false -> printed (with_work m w) t = [] ->
    take l (with_work m w) t = with_work m w' -> leads w' w'' -> leads w w''.
  Proof.
    intros w w' w'' t says goes_on quiet taken more readings m' tokens.
    apply (one_quiet l _ _ t); try assumption. rewrite taken. apply more. exact tokens.
  Qed.

  Lemma leads_gives : forall w w' p v, leads w w' -> gives w' p v -> gives w p v.
  Proof. intros w w' p v more (m' & tokens & after). exists m'. split; [apply more; exact tokens|exact after]. Qed.

  (** The run comes to a FAULT, and nothing has been written. *)
  Definition faults (w : work) : Prop :=
    exists w', leads w w' /\ next w' = fault.

  Section Both.
    Variable reads : bool.
    Local Notation family_of := (if reads then fR else fA).
    Hypothesis op_is : op i = if reads then LOAD else STORE.
    Local Notation a := (xv + yv + 0).

    Record at_group (j : nat) (w : work) : Prop := {
      group_good : good w;
      group_nothing : forall v, writing w v 0;
      group_address : address_groups w = map (dig a) (seq 0 j);
      group_carry : (if begins w then 0 else flag (last_token w)) = carry l xv yv 0 j }.

    (** What LOAD and STORE go on from. *)
    Record copying (address : Z) (w : work) : Prop := {
      copy_instr : instr w = Some i;
      copy_x : x w = memory m (if reads then name l (Heap address) else name l (place (iz i)));
      copy_target : target w = if reads then name l (place (iz i)) else name l (Heap address);
      copy_count : length (address_groups w) = G;
      copy_nothing : forall v, writing w v 0 }.

    Lemma says : forall w, instr w = Some i -> next w = load_or_store l w family_of.
    Proof. intros w is_i. reduce_next. rewrite is_i, op_is. destruct reads; reflexivity. Qed.

    Lemma takes : forall w k v c, take l (with_work m w) (tok (family_of k) v c)
      = with_work m (take_address l m (come w (tok (family_of k) v c)) v false reads).
    Proof. intros. destruct reads; reflexivity. Qed.

    Lemma harmless : forall w k v c, stops (fam (tok (family_of k) v c)) = false
      /\ printed (with_work m w) (tok (family_of k) v c) = [] /\ ends (fam (tok (family_of k) v c)) = false.
    Proof. intros. destruct reads; repeat split. Qed.

    Lemma last_group : forall w, at_group (G - 1) w ->
      match address l xv yv with
      | Some address => exists w', leads w w' /\ copying address w'
      | None => faults w
      end.
    Proof.
      intros w [good_w nothing_ address_w carry_w]. pose proof good_w as (is_i & ex & ey & target_is & _).
      assert (length (address_groups w) = (G - 1)%nat) as count by (rewrite address_w, map_length, seq_length; reflexivity).
      pose proof (says w is_i) as says_w. unfold load_or_store in says_w.
      rewrite count, ex, ey, !gx, !gy, carry_w, sx in says_w.
      replace (sign ny) with (neg yv) in says_w by (symmetry; apply (holds_get l base_least ny yv hy)).
      destruct (Nat.eqb_spec (G - 1) G); [lia|]. rewrite Nat.ltb_irrefl in says_w.
      destruct (sum_step l base_least groups_least xv yv 0 (G - 1)) as [shift digit].
      pose proof (fits nx xv hx) as fits_x. pose proof (fits ny yv hy) as fits_y.
      assert (0 < B ^ Z.of_nat (G - 1)) as positive by (apply Z.pow_pos_nonneg; lia).
      assert (heap_size l = B ^ Z.of_nat (G - 1) * B) as heap_is.
      { unfold heap_size. replace (Z.of_nat G) with (Z.succ (Z.of_nat (G - 1))) by lia. rewrite Z.pow_succ_r by lia. ring. }
      destruct (Nat.leb_spec G (top nx)) as [far_x|near_x]; cbn [orb] in says_w.
      { replace (address l xv yv) with (@None Z); [exists w; split; [apply leads_refl|exact says_w]|].
        unfold address. destruct (Z.leb_spec (- heap_size l) xv), (Z.ltb_spec xv (heap_size l)); try reflexivity.
        exfalso. pose proof (proj2 fits_x ltac:(lia)). lia. }
      destruct (Nat.leb_spec G (top ny)) as [far_y|near_y]; cbn [orb] in says_w.
      { replace (address l xv yv) with (@None Z); [exists w; split; [apply leads_refl|exact says_w]|].
        unfold address. destruct (Z.leb_spec (- heap_size l) yv), (Z.ltb_spec yv (heap_size l));
          rewrite ?andb_false_r; try reflexivity. exfalso. pose proof (proj2 fits_y ltac:(lia)). lia. }
      pose proof (proj1 fits_x near_x) as in_x. pose proof (proj1 fits_y near_y) as in_y.
      assert (dig xv (G - 1) + dig yv (G - 1) + carry l xv yv 0 (G - 1) - B * (neg xv + neg yv) = sh a (G - 1)) as rest.
      { rewrite shift, (sh_step l base_least xv (G - 1)), (sh_step l base_least yv (G - 1)).
        rewrite (sh_past l base_least xv (top nx)); [|apply past_x; lia|lia].
        rewrite (sh_past l base_least yv (top ny)); [ring|apply (holds_get l base_least ny yv hy); lia|lia]. }
      rewrite rest in says_w. pose proof (sh_pow l base_least groups_least a (G - 1)) as quotient.
      pose proof (Z.div_mod a (B ^ Z.of_nat (G - 1)) ltac:(lia)) as parts.
      pose proof (Z.mod_pos_bound a (B ^ Z.of_nat (G - 1)) positive) as bound. rewrite <- quotient in parts.
      assert ((0 <= sh a (G - 1) < B) <-> (0 <= xv + yv < heap_size l)) as inside by (rewrite heap_is; nia).
      destruct ((0 <=? sh a (G - 1)) && (sh a (G - 1) <? B)) eqn:test; cbn [negb] in says_w.
      - apply andb_prop in test as [t1 t2]. apply Z.leb_le in t1. apply Z.ltb_lt in t2.
        replace (address l xv yv) with (Some (xv + yv)).
        2: { unfold address.
             destruct (Z.leb_spec (- heap_size l) xv), (Z.ltb_spec xv (heap_size l)), (Z.leb_spec (- heap_size l) yv),
               (Z.ltb_spec yv (heap_size l)), (Z.leb_spec 0 (xv + yv)), (Z.ltb_spec (xv + yv) (heap_size l)); try lia. reflexivity. }
        set (t := tok (family_of (G - 1)%nat) (sh a (G - 1)) 0) in *.
        exists (take_address l m (come w t) (sh a (G - 1)) false reads).
        destruct (harmless w (G - 1) (sh a (G - 1)) 0) as (h1 & h2 & _). split.
        + apply (leads_on w _ _ t says_w h1 h2 (takes w _ _ _)). apply leads_refl.
        + assert (address_groups w ++ [- sh a (G - 1)] = name l (Heap (xv + yv))) as named.
          { cbn [name]. rewrite address_w, low_groups_digits, <- sh_pow by assumption. rewrite Z.add_0_r. reflexivity. }
          assert (take_address l m (come w t) (sh a (G - 1)) false reads
            = addressed (come w t) (name l (Heap (xv + yv)))
                (memory m (if reads then name l (Heap (xv + yv)) else name l (place (iz i))))
                (if reads then name l (place (iz i)) else name l (Heap (xv + yv)))) as ->.
          { unfold take_address. change (address_groups (come w t)) with (address_groups w). rewrite count.
            replace (S (G - 1)) with G by lia. rewrite Nat.eqb_refl, Nat.ltb_irrefl. cbn [andb negb].
            change (target (come w t)) with (target w). rewrite named, target_is. destruct reads; reflexivity. }
          constructor; try reflexivity; [exact is_i| |intros v; exact (nothing_ v)].
          cbn [addressed address_groups]. rewrite <- named, app_length, count. cbn. lia.
      - replace (address l xv yv) with (@None Z); [exists w; split; [apply leads_refl|exact says_w]|].
        unfold address. destruct (Z.leb_spec 0 (xv + yv)), (Z.ltb_spec (xv + yv) (heap_size l)); rewrite ?andb_false_r; try reflexivity.
        exfalso. destruct (proj2 inside ltac:(lia)) as [low high]. apply Z.leb_le in low. apply Z.ltb_lt in high.
        rewrite low, high in test. discriminate test.
    Qed.

    Lemma addresses : forall k j w, (j + k = G - 1)%nat -> at_group j w ->
      match address l xv yv with
      | Some address => exists w', leads w w' /\ copying address w'
      | None => faults w
      end.
    Proof.
      induction k as [|k IH]; intros j w sum_ at_j.
      - apply last_group. replace (G - 1)%nat with j by lia. exact at_j.
      - destruct at_j as [good_w nothing_ address_w carry_w]. pose proof good_w as (is_i & ex & ey & target_is & zero).
        assert (length (address_groups w) = j) as count by (rewrite address_w, map_length, seq_length; reflexivity).
        pose proof (says w is_i) as says_w. unfold load_or_store in says_w. rewrite count, ex, ey, !gx, !gy, carry_w in says_w.
        destruct (Nat.eqb_spec j G); [lia|]. destruct (Nat.ltb_spec j (G - 1)); [|lia].
        destruct (sum_step l base_least groups_least xv yv 0 j) as [_ digit].
        pose proof (dig_range l base_least xv j). pose proof (dig_range l base_least yv j).
        pose proof (carry_range l base_least groups_least xv yv 0 ltac:(lia) j) as bit.
        destruct (carry_bit l base_least groups_least (dig xv j + dig yv j + carry l xv yv 0 j) ltac:(lia)) as [c1 c2].
        rewrite c1, c2, <- digit in says_w. set (c := _ / B) in says_w.
        set (t := tok (family_of j) (dig a j) c) in *. set (w1 := take_address l m (come w t) (dig a j) false reads).
        destruct (harmless w j (dig a j) c) as (h1 & h2 & h3).
        assert (w1 = addressed (come w t) (map (dig a) (seq 0 (S j))) (x w) (target w)) as w1_is.
        { unfold w1, take_address. change (address_groups (come w t)) with (address_groups w). rewrite count.
          destruct (Nat.eqb_spec (S j) G); [lia|]. destruct (Nat.ltb_spec (S j) G); [|lia].
          cbn [andb]. rewrite address_w, seq_S, map_app. reflexivity. }
        assert (at_group (S j) w1) as at_next.
        { rewrite w1_is. constructor; [exact good_w|intros v; exact (nothing_ v)|reflexivity|].
          unfold begins. cbn [addressed last_token come]. fold t in h3. rewrite h3. reflexivity. }
        pose proof (IH (S j) w1 ltac:(lia) at_next) as more. pose proof (takes w j (dig a j) c) as taken. fold t w1 in taken.
        destruct (address l xv yv) as [address|].
        + destruct more as (w' & leads_w' & copying_w'). exists w'. split; [|exact copying_w'].
          apply (leads_on w w1 w' t says_w h1 h2 taken leads_w').
        + destruct more as (w' & leads_w' & is_fault). exists w'. split; [|exact is_fault].
          apply (leads_on w w1 w' t says_w h1 h2 taken leads_w').
    Qed.

    Lemma start_at_group : at_group 0 (under_way m).
    Proof.
      destruct start_is as (begins_ & _ & _ & _ & no_groups). constructor.
      - exact start_good.
      - exact start_writing.
      - exact no_groups.
      - rewrite begins_. reflexivity.
    Qed.

    Lemma copies_value : forall address w v p, copying address w -> valid l p -> target w = name l p -> holds (x w) v ->
      gives w p v.
    Proof.
      intros address w v p [is_i _ _ count nothing_] valid_p target_is held.
      destruct (holds_get l base_least (x w) v held) as (gv & sv & past_v & _).
      apply (copies l base_least groups_least m s standing
        (fun u => instr u = Some i /\ x u = x w /\ length (address_groups u) = G /\ target u = name l p)
        p v (neg v) (fun j => (j =? top (x w))%nat) (top (x w)) 0 w).
      - apply neg_bit.
      - exact valid_p.
      - intros u H. exact H.
      - intros u (_ & _ & _ & H). exact H.
      - intros u k (is_u & ex & count_u & _) (_ & written_u & _) _. rewrite (says u is_u). unfold load_or_store.
        rewrite count_u, Nat.eqb_refl, ex, written_u, gv. unfold copied. rewrite ex, sv. reflexivity.
      - intros k _ over. apply Nat.eqb_eq in over. subst k. rewrite (sh_step l base_least v (top (x w))), past_v by lia. ring.
      - apply Nat.eqb_refl.
      - lia.
      - repeat split; assumption.
      - apply nothing_.
    Qed.

    Lemma loads_or_stores :
      match address l xv yv with
      | Some address => if reads then gives (under_way m) (place (iz i)) (cells s (Heap address))
                        else gives (under_way m) (Heap address) zv
      | None => faults (under_way m)
      end.
    Proof.
      pose proof (addresses (G - 1) 0 (under_way m) ltac:(lia) start_at_group) as reached.
      destruct (address l xv yv) as [address|] eqn:which; [|exact reached].
      assert (0 <= address < heap_size l) as inside.
      { unfold RamMachine.address in which.
        destruct (_ && _) eqn:test in which; [|discriminate which]. injection which as <-.
        repeat (apply andb_prop in test as [test ?]). split; [apply Z.leb_le|apply Z.ltb_lt]; assumption. }
      destruct reached as (w & leads_w & copying_w).
      pose proof (copy_x _ _ copying_w) as ex. pose proof (copy_target _ _ copying_w) as target_is.
      assert (reads = true \/ reads = false) as [which_op|which_op] by (destruct reads; auto); rewrite which_op in ex, target_is |- *;
        apply (leads_gives _ w); try exact leads_w; apply (copies_value address w); try exact copying_w.
      - exact pz_valid.
      - exact target_is.
      - rewrite ex. apply (same_cells l m s standing). exact inside.
      - exact inside.
      - exact target_is.
      - rewrite ex. apply (same_cells l m s standing). exact pz_valid.
    Qed.
  End Both.
End Addresses.
