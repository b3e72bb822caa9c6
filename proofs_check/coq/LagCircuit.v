(** The transformer of a Lag system, for every Lag system: [compiler/machines/lag/circuit.py] and its proof.

    The weights are compared with what a circuit says, row by row; that such weights decode the rules is proved, in
    binary64, and nothing has to be evaluated window by window. The heads bring the first two symbols of the queue. A
    neuron is 1 for the symbols of its rule, where the last token says the same as the neuron of whether the step goes
    on; it writes to the wire of the token that the rule says, whose logit is then 1, all others 0, and that of [halt]
    1/2. *)

Require Import Arith Bool FinFun List PArith NArith Lia FMapPositive Floats.
Import ListNotations.
Require Import Lag Transformer Offsets LagWindows.
Local Open Scope float_scope.

(** 1 or 0. *)
Definition truth (b : bool) : float := if b then 1 else 0.

(** * The token that wins *)

Section Winner.
  Variable v : float.
  Hypothesis v_is_number : (neg_infinity <? v) = true.

  Definition below (x : float) : Prop := (x <? v) = true /\ (v <? x) = false.

  Definition numbered (from : nat) (scores : list float) : list (N * float) :=
    combine (map N.of_nat (seq from (length scores))) scores.

  Notation better := (fun best candidate : N * float => if snd best <? snd candidate then candidate else best).

  Lemma best_of_lower : forall scores from best, Forall below scores -> (snd best <? v) = true ->
    (snd (fold_left better (numbered from scores) best) <? v) = true.
  Proof.
    induction scores as [|x scores IH]; intros from best all low; [exact low|]. inversion all as [|? ? [low_x _] all']; subst.
    unfold numbered. cbn [length seq map combine fold_left fst snd]. apply IH; [exact all'|].
    destruct (snd best <? x); assumption.
  Qed.

  Lemma best_stays : forall scores from j, Forall below scores -> fold_left better (numbered from scores) (j, v) = (j, v).
  Proof.
    induction scores as [|x scores IH]; intros from j all; [reflexivity|]. inversion all as [|? ? [_ low_x] all']; subst.
    unfold numbered. cbn [length seq map combine fold_left fst snd]. rewrite low_x. apply IH. exact all'.
  Qed.

  Lemma numbered_app : forall xs ys from,
    numbered from (xs ++ ys) = numbered from xs ++ numbered (from + length xs) ys.
  Proof.
    induction xs as [|x xs IH]; intros ys from; cbn [length app].
    - rewrite Nat.add_0_r. reflexivity.
    - unfold numbered in *. cbn [length seq map combine app]. f_equal. rewrite IH.
      replace (S from + length xs)%nat with (from + S (length xs))%nat by lia. reflexivity.
  Qed.

  Lemma all_lower : forall scores from j, Forall below scores ->
    forallb (fun other => N.eqb (fst other) j || (snd other <? v)) (numbered from scores) = true.
  Proof.
    induction scores as [|x scores IH]; intros from j all; [reflexivity|]. inversion all as [|? ? [low_x _] all']; subst.
    unfold numbered. cbn [length seq map combine forallb fst snd]. rewrite low_x, orb_true_r. apply IH. exact all'.
  Qed.

  Theorem decided_is : forall before after, Forall below before -> Forall below after ->
    decided (before ++ v :: after) = Some (N.of_nat (length before)).
  Proof.
    intros before after low high. unfold decided.
    change (combine (map N.of_nat (seq 0 (length (before ++ v :: after)))) (before ++ v :: after))
      with (numbered 0 (before ++ v :: after)).
    rewrite numbered_app. cbn [Nat.add].
    change (numbered (length before) (v :: after)) with
      ((N.of_nat (length before), v) :: numbered (S (length before)) after).
    rewrite fold_left_app. cbn [fold_left fst snd].
    rewrite (best_of_lower before 0 (0%N, neg_infinity) low v_is_number). cbv zeta. rewrite best_stays by exact high.
    cbn [fst snd]. rewrite forallb_app. cbn [forallb fst snd]. rewrite N.eqb_refl, !all_lower by assumption. reflexivity.
  Qed.
End Winner.

(** * Writing to wires *)

Lemma at_plus_one : forall x value i j,
  at_dimension (plus x value [(i, 1)]) j = if Pos.eqb i j then at_dimension x i + 1 * value else at_dimension x j.
Proof. intros x value i j. unfold plus. cbn [fold_left fst snd]. apply at_add. Qed.

Section Wires.
  Variable item : Type.
  Variable wire : item -> positive.
  Variable value : item -> float.

  Definition written (items : list item) (x : stream) : stream :=
    fold_left (fun x i => plus x (value i) [(wire i, 1)]) items x.

  Lemma not_written : forall items x j, (forall i, In i items -> wire i <> j) ->
    at_dimension (written items x) j = at_dimension x j.
  Proof.
    induction items as [|i items IH]; intros x j other; [reflexivity|]. cbn [written fold_left].
    fold (written items (plus x (value i) [(wire i, 1)])). rewrite IH by (intros k among; apply other; right; exact among).
    rewrite at_plus_one. destruct (Pos.eqb_spec (wire i) j) as [same|_]; [|reflexivity].
    destruct (other i (or_introl eq_refl) same).
  Qed.

  Lemma written_once : forall before i after x, (forall k, In k (before ++ after) -> wire k <> wire i) ->
    at_dimension (written (before ++ i :: after) x) (wire i) = at_dimension x (wire i) + 1 * value i.
  Proof.
    intros before i after x other. unfold written. rewrite fold_left_app. cbn [fold_left].
    fold (written before x). fold (written after (plus (written before x) (value i) [(wire i, 1)])).
    rewrite not_written by (intros k among; apply other, in_or_app; right; exact among).
    rewrite at_plus_one, Pos.eqb_refl.
    rewrite not_written by (intros k among; apply other, in_or_app; left; exact among). reflexivity.
  Qed.

  (** Items that write 0 leave a 0 or a 1 as it is. *)
  Lemma zeros_written : forall items x j b, (forall i, In i items -> value i = 0) -> at_dimension x j = truth b ->
    at_dimension (written items x) j = truth b.
  Proof.
    induction items as [|i items IH]; intros x j b zero here; [exact here|]. cbn [written fold_left].
    fold (written items (plus x (value i) [(wire i, 1)])). apply IH; [intros k among; apply zero; right; exact among|].
    rewrite at_plus_one, (zero i (or_introl eq_refl)). destruct (Pos.eqb_spec (wire i) j) as [->|_]; [|exact here].
    rewrite here. destruct b; reflexivity.
  Qed.
End Wires.

Lemma fold_left_map : forall (A B C : Type) (f : A -> B -> A) (g : C -> B) items x,
  fold_left f (map g items) x = fold_left (fun x i => f x (g i)) items x.
Proof. intros A B C f g items. induction items as [|i items IH]; intro x; [reflexivity|]. cbn. apply IH. Qed.

Lemma combine_map : forall (A B C : Type) (f : C -> A) (g : C -> B) items,
  combine (map f items) (map g items) = map (fun i => (f i, g i)) items.
Proof. intros A B C f g items. induction items as [|i items IH]; [reflexivity|]. cbn. rewrite IH. reflexivity. Qed.

Lemma numbers_are_distinct : forall size, NoDup (map N.of_nat (seq 1 size)).
Proof. intro size. apply FinFun.Injective_map_NoDup; [intros x y; apply Nat2N.inj|apply seq_NoDup]. Qed.

(** * The circuit *)

(** A neuron: the two symbols of its rule, whether it is for the second of two symbols that the rule appends, the wire
    to which it writes, and the token of this wire. *)
Record rule_neuron := { first_symbol : N; second_symbol : N; second_time : bool; says : N; says_token : N }.

Section Circuit.
  Variable size : N.
  Variable T : transformer.
  Variable one : layer.
  Variables head_first head_second : head.
  Variables symbols tokens : list N.
  Variable symbol_of : N -> N.
  Variable more : N -> bool.
  Variable units : list rule_neuron.
  (** The wire of each token but [halt]; some have none. *)
  Variable wires : list (option N).

  (** Dimensions: 1 is constant, 2 to 5 have the position, then there are the symbols of the token itself. *)
  Definition dimension (number : N) : positive := N.succ_pos number.
  Definition more_at : positive := dimension (5 + size).
  Definition first_at (s : N) : positive := dimension (5 + size + s).
  Definition second_at (s : N) : positive := dimension (5 + 2 * size + s).
  Definition says_at (k : N) : positive := dimension (5 + 3 * size + k).

  Definition neuron_of_unit (u : rule_neuron) : neuron :=
    {| gate := [(1%positive, if second_time u then -2 else -1); (more_at, if second_time u then 1 else -1);
                (first_at (first_symbol u), 1); (second_at (second_symbol u), 1)];
       up := [(1%positive, 1)];
       down := [(says_at (says u), 1)] |}.

  Definition row_of_wire (w : option N) : row := match w with Some k => [(says_at k, 1)] | None => [] end.

  Hypothesis one_layer : layers T = [one].
  Hypothesis two_heads : heads one = [head_first; head_second].
  Hypothesis distance_first : distance_of head_first = 2%nat.
  Hypothesis distance_second : distance_of head_second = 1%nat.
  Hypothesis biases : map relative (heads one) = map biases_of (heads one).
  Hypothesis zeros_steady :
    map (fun token => map (terms T token) (heads one)) tokens =
    map (fun token => map (expected_terms T token) (heads one)) tokens.
  Hypothesis rows_read : rows_inside T one = true.
  Hypothesis placeless : no_position_read T one = true.

  Hypothesis outputs_first : outputs head_first = map (fun s => [(first_at s, 1)]) symbols.
  Hypothesis outputs_second : outputs head_second = map (fun s => [(second_at s, 1)]) symbols.

  Definition one_hot (token : N) : list float := map (fun s => truth (N.eqb (symbol_of token) s)) symbols.
  Hypothesis seen_first : map (fun token => Offsets.seen T token head_first) tokens = map one_hot tokens.
  Hypothesis seen_second : map (fun token => Offsets.seen T token head_second) tokens = map one_hot tokens.

  Definition wires_used : list N := flat_map (fun w => match w with Some k => [k] | None => [] end) wires.

  (** What the embedding says where neurons and logits read. *)
  Definition inspected : list positive :=
    [1%positive; more_at] ++ map first_at symbols ++ map second_at symbols ++ map says_at wires_used.
  Definition plain_at (token : N) (i : positive) : float :=
    if Pos.eqb i 1 then 1 else if Pos.eqb i more_at then truth (more token) else 0.
  Hypothesis plain_is :
    map (fun token => map (at_dimension (plain T token)) inspected) tokens =
    map (fun token => map (plain_at token) inspected) tokens.

  Hypothesis neurons_are : neurons one = map neuron_of_unit units.
  Hypothesis unembedding_is : unembedding T = [(1%positive, 0x1p-1)] :: map row_of_wire wires.

  Hypothesis sizes : forallb (fun s => N.leb 1 s && N.leb s size) symbols && forallb (N.leb 1) wires_used = true.
  Hypothesis distinct_symbols : NoDup symbols.
  Hypothesis units_are : forallb (fun u => among symbols (first_symbol u) && among symbols (second_symbol u)
                                           && among wires_used (says u)) units = true.

  Lemma dimension_inj : forall m n, dimension m = dimension n -> m = n.
  Proof.
    intros m n same. apply N.succ_inj. rewrite <- !N.succ_pos_spec. unfold dimension in same. rewrite same. reflexivity.
  Qed.

  Lemma symbol_size : forall s, In s symbols -> (1 <= s <= size)%N.
  Proof.
    intros s member. apply andb_prop in sizes as [all _]. rewrite forallb_forall in all. specialize (all s member).
    apply andb_prop in all as [low high]. apply N.leb_le in low, high. lia.
  Qed.

  Lemma wire_size : forall k, In k wires_used -> (1 <= k)%N.
  Proof.
    intros k member. apply andb_prop in sizes as [_ all]. rewrite forallb_forall in all. apply N.leb_le, all, member.
  Qed.

  Lemma dimension_one : 1%positive = dimension 0.
  Proof. reflexivity. Qed.

  Ltac apart := rewrite ?dimension_one; unfold more_at, first_at, second_at, says_at in *;
    let same := fresh in intro same; apply dimension_inj in same; lia.

  (** * The stream after the heads *)

  Section Window.
    Variables a b c : N.
    Hypothesis in_a : In a tokens.
    Hypothesis in_b : In b tokens.
    Hypothesis in_c : In c tokens.

    Definition hot (token s : N) : float := truth (N.eqb (symbol_of token) s).

    Definition after_heads : stream :=
      written N second_at (hot b) symbols (written N first_at (hot a) symbols (plain T c)).

    Lemma attended_is : attended one (fun h => brought_of T h (nth_error [c; b; a] (distance_of h))) (plain T c) = after_heads.
    Proof.
      unfold attended. rewrite two_heads. cbn [fold_left]. rewrite distance_first, distance_second. cbn [nth_error].
      unfold brought, brought_of. cbn [fold_left].
      change (sum (map (fun _ => 0) (values head_first)) (weighted head_first 1 (plain T a))) with (Offsets.seen T a head_first).
      change (sum (map (fun _ => 0) (values head_second)) (weighted head_second 1 (plain T b))) with (Offsets.seen T b head_second).
      rewrite (equal_in _ _ (fun token => Offsets.seen T token head_first) one_hot tokens a seen_first in_a).
      rewrite (equal_in _ _ (fun token => Offsets.seen T token head_second) one_hot tokens b seen_second in_b).
      rewrite outputs_first, outputs_second. unfold one_hot. rewrite !combine_map, !fold_left_map. reflexivity.
    Qed.

    Lemma plain_there : forall i, In i inspected -> at_dimension (plain T c) i = plain_at c i.
    Proof.
      intros i member.
      exact (equal_in _ _ (at_dimension (plain T c)) (plain_at c) inspected i
        (equal_in _ _ (fun token => map (at_dimension (plain T token)) inspected)
           (fun token => map (plain_at token) inspected) tokens c plain_is in_c) member).
    Qed.

    Lemma after_heads_other : forall i, In i inspected ->
      (forall s, In s symbols -> first_at s <> i /\ second_at s <> i) -> at_dimension after_heads i = plain_at c i.
    Proof.
      intros i member other. unfold after_heads. rewrite !not_written by (intros s there; apply other; exact there).
      exact (plain_there i member).
    Qed.

    Lemma at_one : at_dimension after_heads 1 = 1.
    Proof.
      rewrite after_heads_other; [reflexivity|left; reflexivity|]. intros s there. pose proof (symbol_size s there). split; apart.
    Qed.

    Lemma at_more : at_dimension after_heads more_at = truth (more c).
    Proof.
      rewrite after_heads_other; [|right; left; reflexivity|].
      - unfold plain_at. rewrite Pos.eqb_refl. destruct (Pos.eqb_spec more_at 1) as [same|_]; [|reflexivity].
        revert same. apart.
      - intros s there. pose proof (symbol_size s there). split; apart.
    Qed.

    Lemma at_says : forall k, In k wires_used -> at_dimension after_heads (says_at k) = truth false.
    Proof.
      intros k member. pose proof (wire_size k member). rewrite after_heads_other.
      - unfold plain_at. destruct (Pos.eqb_spec (says_at k) 1) as [same|_]; [revert same; apart|].
        destruct (Pos.eqb_spec (says_at k) more_at) as [same|_]; [revert same; apart|reflexivity].
      - unfold inspected. rewrite !in_app_iff. right. right. right. apply in_map. exact member.
      - intros s there. pose proof (symbol_size s there). split; apart.
    Qed.

    Lemma written_hot : forall (at_ : N -> positive) token x s, (forall s s', at_ s = at_ s' -> s = s') -> In s symbols ->
      at_dimension x (at_ s) = 0 -> at_dimension (written N at_ (hot token) symbols x) (at_ s) = hot token s.
    Proof.
      intros at_ token x s inj member zero. destruct (in_split s symbols member) as (before & after & split).
      pose proof distinct_symbols as distinct. rewrite split in *. rewrite written_once.
      - rewrite zero. unfold hot, truth. destruct (N.eqb (symbol_of token) s); reflexivity.
      - intros s' other same. apply inj in same as ->. apply NoDup_remove_2 in distinct. contradiction.
    Qed.

    Lemma at_first : forall s, In s symbols -> at_dimension after_heads (first_at s) = hot a s.
    Proof.
      intros s member. pose proof (symbol_size s member). unfold after_heads. rewrite not_written.
      - apply written_hot; [intros x y same; unfold first_at in same; apply dimension_inj in same; lia|exact member|].
        rewrite plain_there.
        + unfold plain_at. destruct (Pos.eqb_spec (first_at s) 1) as [same|_]; [revert same; apart|].
          destruct (Pos.eqb_spec (first_at s) more_at) as [same|_]; [revert same; apart|reflexivity].
        + unfold inspected. rewrite !in_app_iff. right. left. apply in_map. exact member.
      - intros s' there. pose proof (symbol_size s' there). apart.
    Qed.

    Lemma at_second : forall s, In s symbols -> at_dimension after_heads (second_at s) = hot b s.
    Proof.
      intros s member. pose proof (symbol_size s member). unfold after_heads.
      apply written_hot; [intros x y same; unfold second_at in same; apply dimension_inj in same; lia|exact member|].
      rewrite not_written; [rewrite plain_there|].
      - unfold plain_at. destruct (Pos.eqb_spec (second_at s) 1) as [same|_]; [revert same; apart|].
        destruct (Pos.eqb_spec (second_at s) more_at) as [same|_]; [revert same; apart|reflexivity].
      - unfold inspected. rewrite !in_app_iff. right. right. left. apply in_map. exact member.
      - intros s' there. pose proof (symbol_size s' there). apart.
    Qed.

    (** * The neurons *)

    Definition active (u : rule_neuron) : bool :=
      N.eqb (symbol_of a) (first_symbol u) && N.eqb (symbol_of b) (second_symbol u) && Bool.eqb (more c) (second_time u).

    Definition fires (u : rule_neuron) : float :=
      relu (dot (gate (neuron_of_unit u)) after_heads) * dot (up (neuron_of_unit u)) after_heads.

    Lemma unit_facts : forall u, In u units ->
      In (first_symbol u) symbols /\ In (second_symbol u) symbols /\ In (says u) wires_used.
    Proof.
      intros u member. pose proof units_are as all. rewrite forallb_forall in all. specialize (all u member).
      rewrite !andb_true_iff in all. destruct all as [[one_ two] three]. auto using among_in.
    Qed.

    Lemma fires_is : forall u, In u units -> fires u = truth (active u).
    Proof.
      intros u member. destruct (unit_facts u member) as (in_first & in_second & _).
      unfold fires, neuron_of_unit, dot. cbn [gate up fold_left fst snd].
      rewrite at_one, at_more, at_first, at_second by assumption. unfold hot, active.
      destruct (N.eqb (symbol_of a) (first_symbol u)), (N.eqb (symbol_of b) (second_symbol u)), (more c), (second_time u);
        reflexivity.
    Qed.

    Definition after_neurons : stream := written rule_neuron (fun u => says_at (says u)) fires units after_heads.

    Lemma fed_forward_is : fed_forward one after_heads = after_neurons.
    Proof. unfold fed_forward. rewrite neurons_are, fold_left_map. reflexivity. Qed.

    Lemma still_one : at_dimension after_neurons 1 = 1.
    Proof.
      unfold after_neurons. rewrite not_written; [exact at_one|]. intros u member.
      destruct (unit_facts u member) as (_ & _ & used). pose proof (wire_size _ used). apart.
    Qed.

    Lemma no_wire : (forall u, In u units -> active u = false) ->
      forall k, In k wires_used -> at_dimension after_neurons (says_at k) = truth false.
    Proof.
      intros none k used. unfold after_neurons. apply zeros_written; [|exact (at_says k used)].
      intros u member. rewrite fires_is, none by exact member. reflexivity.
    Qed.

    Lemma one_wire : forall before u after, units = before ++ u :: after -> active u = true ->
      (forall v, In v (before ++ after) -> active v = false) ->
      forall k, In k wires_used -> at_dimension after_neurons (says_at k) = truth (N.eqb (says u) k).
    Proof.
      intros before u after split acts others k used.
      assert (forall v, In v (before ++ after) -> In v units) as inside.
      { intros v there. rewrite split. apply in_app_iff in there. apply in_app_iff. destruct there; [left|right; right]; assumption. }
      assert (In u units) as in_u by (rewrite split; apply in_or_app; right; left; reflexivity).
      assert (forall v, In v (before ++ after) -> fires v = 0) as zero.
      { intros v there. rewrite fires_is, (others v there) by (apply inside; exact there). reflexivity. }
      unfold after_neurons. rewrite split. unfold written. rewrite fold_left_app. cbn [fold_left].
      apply (zeros_written rule_neuron (fun u => says_at (says u)) fires after);
        [intros v there; apply zero, in_or_app; right; exact there|].
      assert (at_dimension (written rule_neuron (fun u => says_at (says u)) fires before after_heads) (says_at k) = truth false) as low.
      { apply zeros_written; [intros v there; apply zero, in_or_app; left; exact there|exact (at_says k used)]. }
      unfold written in low. rewrite at_plus_one, (fires_is u in_u), acts.
      destruct (Pos.eqb_spec (says_at (says u)) (says_at k)) as [same|other].
      - rewrite same, low. unfold says_at in same. apply dimension_inj in same.
        replace (N.eqb (says u) k) with true by (symmetry; apply N.eqb_eq; lia). reflexivity.
      - rewrite low. destruct (N.eqb_spec (says u) k) as [equal|_]; [congruence|reflexivity].
    Qed.

    (** * The token *)

    Lemma one_look : next_token T [a; b; c] = decided (logits T after_neurons).
    Proof.
      change [a; b; c] with ([a; b] ++ [c]).
      rewrite (next_is_seen T one one_layer distance_of (all_look_back_by one biases) tokens zeros_steady rows_read placeless).
      - unfold next_seen. cbn [rev app]. rewrite attended_is, fed_forward_is. reflexivity.
      - repeat constructor; assumption.
    Qed.

    Definition is_wire (k : N) (w : option N) : bool := match w with Some k' => N.eqb k k' | None => false end.

    Lemma logits_are : forall lit, (forall k, In k wires_used -> at_dimension after_neurons (says_at k) = truth (lit k)) ->
      logits T after_neurons =
      0x1p-1 :: map (fun w => truth (match w with Some k => lit k | None => false end)) wires.
    Proof.
      intros lit says_lit. unfold logits. rewrite unembedding_is. cbn [map]. f_equal.
      - unfold dot. cbn [fold_left fst snd]. rewrite still_one. reflexivity.
      - rewrite map_map. apply map_ext_in. intros [k|] member; [|reflexivity].
        unfold dot. cbn [row_of_wire fold_left fst snd]. rewrite says_lit.
        + destruct (lit k); reflexivity.
        + unfold wires_used. apply in_flat_map. exists (Some k). split; [exact member|left; reflexivity].
    Qed.

    Lemma decodes_halt : (forall u, In u units -> active u = false) -> next_token T [a; b; c] = Some 0%N.
    Proof.
      intros none. rewrite one_look, (logits_are (fun _ => false)) by (intros; apply no_wire; assumption).
      apply (decided_is (0x1p-1) eq_refl []); [constructor|].
      apply Forall_map, Forall_forall. intros [k|] _; split; reflexivity.
    Qed.

    Fixpoint lone (k : N) (j : nat) (ws : list (option N)) : bool :=
      match ws, j with
      | w :: ws, 0%nat => is_wire k w && forallb (fun w => negb (is_wire k w)) ws
      | w :: ws, S j => negb (is_wire k w) && lone k j ws
      | [], _ => false
      end.

    Lemma lone_split : forall k j ws, lone k j ws = true -> exists before after, ws = before ++ Some k :: after /\
      length before = j /\ forall w, In w (before ++ after) -> is_wire k w = false.
    Proof.
      intros k j ws. revert j. induction ws as [|w ws IH]; intros [|j] alone; try discriminate; cbn [lone] in alone;
        apply andb_prop in alone as [here rest].
      - destruct w as [k'|]; [|discriminate]. apply N.eqb_eq in here as <-. exists [], ws. repeat split.
        intros w member. rewrite forallb_forall in rest. specialize (rest w member). destruct (is_wire k w); [discriminate|reflexivity].
      - destruct (IH j rest) as (before & after & -> & <- & none). exists (w :: before), after. repeat split.
        intros w' [<-|member]; [destruct (is_wire k w); [discriminate|reflexivity]|exact (none w' member)].
    Qed.

    Lemma decodes_wire : forall before u after, units = before ++ u :: after -> active u = true ->
      (forall v, In v (before ++ after) -> active v = false) ->
      forall j, lone (says u) j wires = true -> next_token T [a; b; c] = Some (N.of_nat (S j)).
    Proof.
      intros before u after split acts others j alone.
      rewrite one_look, (logits_are (fun k => N.eqb (says u) k)) by (intros; apply (one_wire before u after); assumption).
      destruct (lone_split _ _ _ alone) as (front & back & -> & <- & none). rewrite map_app. cbn [map].
      rewrite N.eqb_refl. rewrite app_comm_cons.
      assert (forall ws, (forall w, In w ws -> In w (front ++ back)) ->
        Forall (below (truth true)) (map (fun w => truth (match w with Some k => N.eqb (says u) k | None => false end)) ws)) as low.
      { intros ws inside. apply Forall_map, Forall_forall. intros w member. specialize (none w (inside w member)).
        destruct w as [k|]; cbn in none; [rewrite none|]; split; reflexivity. }
      rewrite (decided_is (truth true) eq_refl).
      - cbn [length]. rewrite map_length. reflexivity.
      - constructor; [split; reflexivity|]. apply low. intros w member. apply in_or_app. left. exact member.
      - apply low. intros w member. apply in_or_app. right. exact member.
    Qed.
  End Window.

  (** * The rules *)

  Variable table : list (N * N * list N).
  Variable first_of_two : N -> N.

  Definition rule_of (a b : N) : option (list N) :=
    match find (fun row => N.eqb (fst (fst row)) a && N.eqb (snd (fst row)) b) table with
    | Some (_, appended) => Some appended
    | None => None
    end.

  (** What a neuron says is what the rule says, … *)
  Definition says_right (u : rule_neuron) : bool :=
    lone (says u) (N.to_nat (says_token u) - 1) wires && N.leb 1 (says_token u) &&
    match rule_of (first_symbol u) (second_symbol u), second_time u with
    | Some [x], false => N.eqb (says_token u) x
    | Some [x; _], false => N.eqb (says_token u) (first_of_two x)
    | Some [_; y], true => N.eqb (says_token u) y
    | _, _ => false
    end.
  Hypothesis all_say_right : forallb says_right units = true.

  (** … every rule has its neurons, … *)
  Definition neuron_there (a b : N) (later : bool) : bool :=
    existsb (fun u => N.eqb a (first_symbol u) && N.eqb b (second_symbol u) && Bool.eqb later (second_time u)) units.
  Definition rule_there (row : N * N * list N) : bool :=
    let '(a, b, appended) := row in
    neuron_there a b false && match appended with [_; _] => neuron_there a b true | _ => true end
    && well_formed tokens symbols symbol_of more first_of_two appended.
  Hypothesis all_rules_there : forallb rule_there table = true.

  (** … and no two neurons are for the same case. *)
  Definition same_case (u v : rule_neuron) : bool :=
    N.eqb (first_symbol u) (first_symbol v) && N.eqb (second_symbol u) (second_symbol v)
    && Bool.eqb (second_time u) (second_time v).
  Fixpoint distinct (us : list rule_neuron) : bool :=
    match us with [] => true | u :: us => forallb (fun v => negb (same_case u v)) us && distinct us end.
  Hypothesis all_distinct : distinct units = true.

  Hypothesis symbols_are_tokens : forallb
    (fun x => among tokens x && negb (N.eqb x 0) && negb (more x) && N.eqb (symbol_of x) x) symbols = true.
  Hypothesis tokens_have_symbols : forallb
    (fun t => among symbols (symbol_of t) && negb (N.eqb t 0)) tokens = true.

  Lemma distinct_split : forall before u after, distinct (before ++ u :: after) = true ->
    forall v, In v (before ++ after) -> same_case u v = false.
  Proof.
    induction before as [|w before IH]; intros u after are v member; cbn in are; apply andb_prop in are as [here rest];
      rewrite forallb_forall in here.
    - specialize (here v member). destruct (same_case u v); [discriminate|reflexivity].
    - destruct member as [<-|member]; [|exact (IH u after rest v member)].
      specialize (here u (in_or_app before (u :: after) u (or_intror (or_introl eq_refl)))).
      unfold same_case in *. rewrite (N.eqb_sym (first_symbol u)), (N.eqb_sym (second_symbol u)).
      destruct (second_time u), (second_time w), (N.eqb (first_symbol w) (first_symbol u)),
        (N.eqb (second_symbol w) (second_symbol u)); cbn in *; congruence.
  Qed.

  Lemma active_case : forall a b c u v, active a b c u = true -> active a b c v = true -> same_case u v = true.
  Proof.
    intros a b c u v. unfold active, same_case. rewrite !andb_true_iff, !N.eqb_eq, !Bool.eqb_true_iff.
    intros [[-> ->] ->] [[-> ->] ->]. auto.
  Qed.

  Lemma row_of : forall a b appended, rule_of a b = Some appended -> In (a, b, appended) table.
  Proof.
    intros a b appended found. unfold rule_of in found.
    destruct (find _ table) as [[[a' b'] appended']|] eqn:row; [|discriminate]. injection found as ->.
    apply find_some in row as [member same]. cbn in same. apply andb_prop in same as [one_ two].
    apply N.eqb_eq in one_ as ->. apply N.eqb_eq in two as ->. exact member.
  Qed.

  (** The neuron for a case is the only one that fires, and its token follows. *)
  Lemma decodes_neuron : forall a b c, In a tokens -> In b tokens -> In c tokens ->
    neuron_there (symbol_of a) (symbol_of b) (more c) = true ->
    exists u, In u units /\ active a b c u = true /\ next_token T [a; b; c] = Some (says_token u).
  Proof.
    intros a b c in_a in_b in_c there. apply existsb_exists in there as (u & member & is).
    exists u. split; [exact member|]. split; [exact is|].
    destruct (in_split u units member) as (before & after & split).
    pose proof all_say_right as right. rewrite forallb_forall in right. specialize (right u member).
    unfold says_right in right. rewrite !andb_true_iff in right. destruct right as [[alone some] _].
    apply N.leb_le in some.
    rewrite (decodes_wire a b c in_a in_b in_c before u after split is) with (j := (N.to_nat (says_token u) - 1)%nat); [|  |exact alone].
    - f_equal. lia.
    - intros v other. pose proof all_distinct as apart. rewrite split in apart.
      pose proof (distinct_split before u after apart v other) as differs.
      destruct (active a b c v) eqn:acts; [|reflexivity]. rewrite (active_case a b c u v is acts) in differs. discriminate.
  Qed.

  Lemma symbol_is_token : forall x, In x symbols -> In x tokens /\ x <> 0%N /\ more x = false /\ symbol_of x = x.
  Proof.
    intros x member. pose proof symbols_are_tokens as facts. rewrite forallb_forall in facts.
    specialize (facts x member). rewrite !andb_true_iff, !negb_true_iff, N.eqb_neq, N.eqb_eq in facts.
    destruct facts as [[[token other] plain_] same]. auto using among_in.
  Qed.

  Lemma token_has_symbol : forall t, In t tokens -> In (symbol_of t) symbols /\ t <> 0%N.
  Proof.
    intros t member. pose proof tokens_have_symbols as facts. rewrite forallb_forall in facts.
    specialize (facts t member). rewrite andb_true_iff, negb_true_iff, N.eqb_neq in facts. destruct facts. auto using among_in.
  Qed.

  (** Such weights are right at every window of the Lag system, whatever its rules are. *)
  Theorem circuit_is_right : right_windows T 0 tokens symbols symbol_of more rule_of first_of_two.
  Proof.
    assert (forall a b appended, rule_of a b = Some appended -> rule_there (a, b, appended) = true) as rules.
    { intros a b appended found. pose proof all_rules_there as all. rewrite forallb_forall in all.
      exact (all _ (row_of a b appended found)). }
    assert (forall a b c u, In u units -> active a b c u = true -> forall case, case = more c ->
      match rule_of (symbol_of a) (symbol_of b), case with
      | Some [x], false => says_token u = x
      | Some [x; _], false => says_token u = first_of_two x
      | Some [_; y], true => says_token u = y
      | _, _ => False
      end) as said.
    { intros a b c u member is case ->. pose proof all_say_right as right. rewrite forallb_forall in right.
      specialize (right u member). unfold says_right in right. apply andb_prop in right as [_ right].
      unfold active in is. rewrite !andb_true_iff, !N.eqb_eq, Bool.eqb_true_iff in is. destruct is as [[-> ->] ->].
      destruct (rule_of (first_symbol u) (second_symbol u)) as [[|x [|y []]]|], (second_time u); try discriminate;
        apply N.eqb_eq in right; exact right. }
    split.
    - intros a b c in_a in_b in_c between. unfold expected.
      destruct (rule_of (symbol_of a) (symbol_of b)) as [appended|] eqn:found.
      + pose proof (rules _ _ _ found) as there. cbn in there. rewrite !andb_true_iff in there. destruct there as [[there _] _].
        rewrite <- between in there. destruct (decodes_neuron a b c in_a in_b in_c there) as (u & member & is & ->).
        specialize (said a b c u member is false (eq_sym between)). rewrite found in said.
        destruct appended as [|x [|y []]]; try contradiction; rewrite said; reflexivity.
      + apply decodes_halt; try assumption. intros u member. destruct (active a b c u) eqn:is; [|reflexivity].
        specialize (said a b c u member is (more c) eq_refl). rewrite found in said. contradiction.
    - intros a b c x y in_a in_b in_c second found.
      pose proof (rules _ _ _ found) as there. cbn in there. rewrite !andb_true_iff in there. destruct there as [[_ there] _].
      assert (neuron_there (symbol_of a) (symbol_of b) (more c) = true) as now by (rewrite second; exact there).
      destruct (decodes_neuron a b c in_a in_b in_c now) as (u & member & is & ->).
      specialize (said a b c u member is true (eq_sym second)). rewrite found in said. rewrite said. reflexivity.
    - intros a b appended _ _ found. pose proof (rules _ _ _ found) as there. cbn in there. rewrite !andb_true_iff in there.
      apply there.
    - exact symbol_is_token.
    - exact token_has_symbol.
  Qed.
End Circuit.
