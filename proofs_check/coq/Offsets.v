(** A transformer of one layer whose heads look back by fixed distances, on a trace of any length: its next token is a
    function of the last token and of the tokens at those distances. The softmax and the sum over all positions are
    part of what is proved; nothing is cut off. *)

Require Import Arith Bool List PArith NArith Lia FMapPositive Floats.
Import ListNotations.
Require Import Transformer.
Local Open Scope float_scope.

(** The relative biases are 0 at this distance, and -inf at all others. *)
Definition looks_back (h : head) (distance : nat) : Prop :=
  forall k, nth k (relative h) (last (relative h) neg_infinity) = if Nat.eqb k distance then 0 else neg_infinity.

Lemma looks_back_by : forall h before after, relative h = repeat neg_infinity before ++ 0 :: repeat neg_infinity (S after) ->
  looks_back h before.
Proof.
  intros h before after relatives k. rewrite relatives.
  replace (last (repeat neg_infinity before ++ 0 :: repeat neg_infinity (S after)) neg_infinity) with neg_infinity.
  - clear relatives. revert k. induction before as [|before IH]; intros [|k]; cbn [repeat app nth]; try reflexivity.
    + cbn. revert k. induction after as [|after IH]; intros [|[|k]]; cbn in *; try reflexivity. apply (IH (S k)).
    + apply IH.
  - symmetry. replace (0 :: repeat neg_infinity (S after)) with ((0 :: repeat neg_infinity after) ++ [neg_infinity]).
    + rewrite app_assoc. apply last_last.
    + cbn. f_equal. symmetry. apply (repeat_cons after neg_infinity).
Qed.

(** * The softmax of such a head is 1 at one place and 0 elsewhere *)

Definition score_of (here : bool) : float := if here then 0 else neg_infinity.
Definition weight_of (here : bool) : float := if here then 1 else 0.

Definition anywhere (places : list bool) : bool := existsb (fun here => here) places.

Fixpoint once_at_most (places : list bool) : Prop :=
  match places with
  | [] => True
  | true :: rest => anywhere rest = false
  | false :: rest => once_at_most rest
  end.

Lemma maximum_of : forall places, maximum (map score_of places) = score_of (anywhere places).
Proof.
  intro places. unfold maximum.
  assert (forall b, fold_left (fun most score => if most <? score then score else most) (map score_of places) (score_of b)
    = score_of (b || anywhere places)) as general.
  { induction places as [|here rest IH]; intro b; cbn [map fold_left].
    - rewrite orb_false_r. reflexivity.
    - change (anywhere (here :: rest)) with (here || anywhere rest). rewrite orb_assoc, <- IH. f_equal.
      destruct b, here; reflexivity. }
  exact (general false).
Qed.

Lemma total_of : forall places, once_at_most places ->
  fold_left (fun sum power => sum + power) (map weight_of places) 0 = weight_of (anywhere places).
Proof.
  assert (forall places, anywhere places = false ->
    forall b, fold_left (fun sum power => sum + power) (map weight_of places) (weight_of b) = weight_of b) as none.
  { induction places as [|[] rest IH]; intros nowhere b; try discriminate; cbn [map fold_left]; [reflexivity|].
    replace (weight_of b + weight_of false) with (weight_of b) by (destruct b; reflexivity). apply IH. exact nowhere. }
  intros places. induction places as [|[] rest IH]; intro once; [reflexivity| |].
  - exact (none rest once true).
  - exact (IH once).
Qed.

Lemma softmax_of : forall places, once_at_most places -> softmax (map score_of places) = map weight_of places.
Proof.
  intros places once. unfold softmax. cbv zeta. rewrite maximum_of, !map_map. destruct (anywhere places) eqn:found.
  - change (score_of true =? neg_infinity) with false. cbv iota.
    replace (map (fun here => exp (score_of here - score_of true)) places) with (map weight_of places)
      by (apply map_ext; intros []; reflexivity).
    rewrite total_of, found by exact once. apply map_ext. intros []; reflexivity.
  - change (score_of false =? neg_infinity) with true. cbv iota. clear once.
    induction places as [|[] rest IH]; cbn in *; try discriminate; [reflexivity|]. rewrite <- IH by exact found. reflexivity.
Qed.

(** Which of [n] positions is at this distance from the last one. *)
Definition places (distance n : nat) : list bool := map (fun j => Nat.eqb (n - 1 - j) distance) (seq 0 n).

Lemma nowhere_in : forall d n from k, (forall j, from <= j < from + k -> n - 1 - j <> d)%nat ->
  map (fun j => Nat.eqb (n - 1 - j) d) (seq from k) = repeat false k.
Proof.
  intros d n from k. revert from. induction k as [|k IH]; intros from no; [reflexivity|]. cbn [seq map repeat].
  rewrite (proj2 (Nat.eqb_neq _ _)) by (apply no; lia). f_equal. apply IH. intros j less. apply no. lia.
Qed.

Lemma places_inside : forall before d, places d (before + S d) = repeat false before ++ true :: repeat false d.
Proof.
  intros before d. unfold places. rewrite seq_app, map_app. cbn [seq map Nat.add]. f_equal; [|f_equal].
  - apply nowhere_in. lia.
  - apply Nat.eqb_eq. lia.
  - apply nowhere_in. lia.
Qed.

Lemma places_outside : forall n d, (n <= d)%nat -> places d n = repeat false n.
Proof. intros n d less. unfold places. apply nowhere_in. lia. Qed.

Lemma nowhere : forall n, anywhere (repeat false n) = false.
Proof. induction n; [reflexivity|assumption]. Qed.

Lemma once_nowhere : forall n, once_at_most (repeat false n).
Proof. induction n; cbn; trivial. Qed.

Lemma once_inside : forall before after, once_at_most (repeat false before ++ true :: repeat false after).
Proof. induction before as [|before IH]; intros after; [exact (nowhere after)|exact (IH after)]. Qed.

Lemma map_repeat : forall (A B : Type) (f : A -> B) x n, map f (repeat x n) = repeat (f x) n.
Proof. intros A B f x n. induction n as [|n IH]; cbn; [|rewrite IH]; reflexivity. Qed.

Lemma attention_is : forall h d n, looks_back h d -> once_at_most (places d n) ->
  attention h n = map weight_of (places d n).
Proof.
  intros h d n back once. unfold attention. rewrite <- softmax_of by exact once. f_equal. unfold places. rewrite map_map.
  apply map_ext. intro j. rewrite back. reflexivity.
Qed.

Lemma attention_inside : forall h before d, looks_back h d ->
  attention h (before + S d) = repeat 0 before ++ 1 :: repeat 0 d.
Proof.
  intros h before d back. rewrite (attention_is h d) by (rewrite ?places_inside; auto using once_inside).
  rewrite places_inside, map_app. cbn [map]. rewrite !map_repeat. reflexivity.
Qed.

Lemma attention_outside : forall h d n, looks_back h d -> (n <= d)%nat -> attention h n = repeat 0 n.
Proof.
  intros h d n back less. rewrite (attention_is h d) by (rewrite ?places_outside; auto using once_nowhere).
  rewrite places_outside, map_repeat by exact less. reflexivity.
Qed.

(** * What the sum over all positions comes to *)

Definition is_zero (z : float) : Prop := z = 0 \/ z = neg_zero.

(** Adding zeros does not change it. *)
Definition steady (v : float) : Prop := v + 0 = v /\ v + neg_zero = v.

(** The zero of the same sign. *)
Definition zero_like (z : float) : float := if 1 / z <? 0 then neg_zero else 0.

Lemma zero_like_is_zero : forall z, is_zero (zero_like z).
Proof. intro z. unfold zero_like. destruct (1 / z <? 0); [right|left]; reflexivity. Qed.

Lemma steady_zero : steady 0.
Proof. split; reflexivity. Qed.

Lemma sum_zeros : forall vs zs, length vs = length zs -> Forall steady vs -> Forall is_zero zs -> sum vs zs = vs.
Proof.
  unfold sum. induction vs as [|v vs IH]; intros [|z zs] same all none; try discriminate; [reflexivity|]. cbn.
  inversion all as [|? ? [plus minus] all']; subst. inversion none as [|? ? zero none']; subst. f_equal.
  - destruct zero as [->| ->]; assumption.
  - apply IH; auto.
Qed.

Lemma sum_all_zeros : forall terms vs, Forall steady vs ->
  (forall zs, In zs terms -> length zs = length vs /\ Forall is_zero zs) -> fold_left sum terms vs = vs.
Proof.
  induction terms as [|zs terms IH]; intros vs all none; [reflexivity|]. cbn.
  destruct (none zs) as [same zero]; [left; reflexivity|]. rewrite sum_zeros by auto.
  apply IH; [exact all|]. intros other later. apply none. right. exact later.
Qed.

(** The product with a row at dimensions of no other interest does not change the rest. *)
Lemma plus_outside : forall reads r value x, forallb (fun entry => negb (Map.mem (fst entry) reads)) r = true ->
  agree reads (plus x value r) x.
Proof.
  intros reads r value. unfold plus. induction r as [|[i w] r IH]; intros x outside; [intros j _; reflexivity|].
  cbn [fold_left]. cbn in outside. apply andb_prop in outside as [here outside]. intros j read.
  rewrite (IH _ outside j read). cbn [fst snd]. rewrite at_add.
  destruct (Pos.eqb_spec i j) as [->|_]; [rewrite read in here; discriminate|reflexivity].
Qed.

Lemma equal_in : forall (A B : Type) (f g : A -> B) xs x, map f xs = map g xs -> In x xs -> f x = g x.
Proof. intros A B f g xs x equal. revert x. apply map_ext_in_iff. exact equal. Qed.

Section Offsets.
  Variable T : transformer.
  Variable one : layer.
  Hypothesis one_layer : layers T = [one].

  Variable distance : head -> nat.
  Hypothesis all_look_back : forall h, In h (heads one) -> looks_back h (distance h).

  Variable tokens : list N.

  (** * What is evaluated *)

  Definition dimensions (rows : list row) : Map.t unit :=
    fold_left (fun found r => fold_left (fun found entry => Map.add (fst entry) tt found) r found) rows (Map.empty unit).

  (** All dimensions that neurons and logits read. *)
  Definition reads : Map.t unit :=
    dimensions (flat_map (fun n => [gate n; up n]) (neurons one) ++ unembedding T).

  (** All dimensions that heads read. *)
  Definition copies : Map.t unit := dimensions (flat_map values (heads one)).

  (** What a token has, whatever its position. *)
  Definition plain (token : N) : stream := embedded T 0 token.

  Definition seen (token : N) (h : head) : list float := sum (map (fun _ => 0) (values h)) (weighted h 1 (plain token)).

  Definition terms (token : N) (h : head) : list (list float) :=
    [weighted h 0 (plain token); seen token h; seen token h].

  Definition expected_terms (token : N) (h : head) : list (list float) :=
    [map zero_like (weighted h 0 (plain token)); map (fun v => v + 0) (seen token h); map (fun v => v + neg_zero) (seen token h)].

  Hypothesis zeros_and_steady :
    map (fun token => map (terms token) (heads one)) tokens =
    map (fun token => map (expected_terms token) (heads one)) tokens.

  Definition rows_inside : bool :=
    let read := reads in
    let copied := copies in
    forallb (fun n => within read (gate n) && within read (up n)) (neurons one)
    && forallb (within read) (unembedding T)
    && forallb (fun h => forallb (within copied) (values h)) (heads one).

  (** Of a position, nothing is read but the constant 1. *)
  Definition no_position_read : bool :=
    forallb (fun r => forallb (fun entry => negb (Map.mem (fst entry) reads)) r
                      && forallb (fun entry => negb (Map.mem (fst entry) copies)) r) (tl (positional T)).

  Hypothesis inside : rows_inside = true.
  Hypothesis placeless : no_position_read = true.

  (** * A token has the same at all positions *)

  Lemma embedded_anywhere : forall dims p token,
    (forall r, In r (tl (positional T)) -> forallb (fun entry => negb (Map.mem (fst entry) dims)) r = true) ->
    agree dims (embedded T p token) (plain token).
  Proof.
    intros dims p token outside. unfold plain, embedded. set (start := plus _ _ _). clearbody start.
    assert (forall features rows x, (forall r, In r rows -> forallb (fun entry => negb (Map.mem (fst entry) dims)) r = true) ->
      agree dims (fold_left (fun x feature => plus x (fst feature) (snd feature)) (combine features rows) x) x) as unchanged.
    { induction features as [|f features IH]; intros rows x out; [intros j _; reflexivity|].
      destruct rows as [|r rows]; [intros j _; reflexivity|]. cbn [combine fold_left]. intros j read.
      rewrite IH; [|intros r' later; apply out; right; exact later|exact read].
      exact (plus_outside dims r f x (out r (or_introl eq_refl)) j read). }
    assert (forall p, exists others, features p = 1 :: others) as split by (intro; eexists; reflexivity).
    destruct (split p) as [others ->], (split 0%nat) as [others' ->].
    destruct (positional T) as [|r rows]; [intros j _; reflexivity|].
    cbn [combine fold_left fst snd]. cbn [tl] in outside. intros j read.
    rewrite 2 (unchanged _ rows (plus start 1 r) outside j read). reflexivity.
  Qed.

  Lemma read_anywhere : forall p token, agree reads (embedded T p token) (plain token).
  Proof.
    intros p token. apply embedded_anywhere. intros r among. pose proof placeless as none.
    unfold no_position_read in none. rewrite forallb_forall in none. exact (proj1 (andb_prop _ _ (none r among))).
  Qed.

  Lemma weighted_anywhere : forall p token h value, In h (heads one) ->
    weighted h value (embedded T p token) = weighted h value (plain token).
  Proof.
    intros p token h value head. unfold weighted. apply map_ext_in. intros r among. f_equal.
    apply (dot_agrees copies).
    - apply embedded_anywhere. intros r' other. pose proof placeless as none.
      unfold no_position_read in none. rewrite forallb_forall in none. exact (proj2 (andb_prop _ _ (none r' other))).
    - pose proof inside as all. unfold rows_inside in all. cbv zeta in all. rewrite !andb_true_iff in all. destruct all as [_ all].
      rewrite forallb_forall in all. specialize (all h head). rewrite forallb_forall in all. exact (all r among).
  Qed.

  Lemma zero_terms : forall token h, In token tokens -> In h (heads one) ->
    Forall is_zero (weighted h 0 (plain token)) /\ Forall steady (seen token h).
  Proof.
    intros token h member head.
    pose proof (equal_in _ _ _ _ tokens token zeros_and_steady member) as of_token. cbn beta in of_token.
    pose proof (equal_in _ _ _ _ (heads one) h of_token head) as of_head.
    unfold terms, expected_terms in of_head. injection of_head as zero plus minus. split.
    - rewrite zero. apply Forall_map, Forall_forall. intros z _. apply zero_like_is_zero.
    - rewrite <- (map_id (seen token h)) in plus at 1. rewrite <- (map_id (seen token h)) in minus at 1.
      apply Forall_forall. intros v among. split; symmetry.
      + exact (equal_in _ _ (fun v => v) _ _ v plus among).
      + exact (equal_in _ _ (fun v => v) _ _ v minus among).
  Qed.

  Lemma length_seen : forall token h, length (seen token h) = length (values h).
  Proof.
    intros. unfold seen, sum, weighted. rewrite map_length, combine_length, !map_length. apply Nat.min_id.
  Qed.

  (** * The whole trace *)

  (** What the head brings, of the token that it finds. *)
  Definition brought_of (h : head) (found : option N) : list (list float) :=
    match found with Some token => [weighted h 1 (plain token)] | None => [] end.

  Lemma mixed_is : forall h trace, In h (heads one) ->
    mixed h (embedded_all T trace) =
    map (fun pair => weighted h (fst pair) (plain (snd pair))) (combine (attention h (length trace)) trace).
  Proof.
    intros h trace head. unfold mixed, embedded_all. rewrite map_length, combine_length, seq_length, Nat.min_id.
    generalize (attention h (length trace)) as weights. generalize 0%nat as from.
    induction trace as [|token trace IH]; intros from [|weight weights]; try reflexivity.
    cbn [length seq combine map fst snd]. rewrite weighted_anywhere by exact head. f_equal. apply IH.
  Qed.

  Lemma unseen : forall h n trace, In h (heads one) -> Forall (fun token => In token tokens) trace ->
    length trace = n -> forall vs, length vs = length (values h) -> Forall steady vs ->
    fold_left sum (map (fun pair => weighted h (fst pair) (plain (snd pair))) (combine (repeat 0 n) trace)) vs = vs.
  Proof.
    intros h n trace head all long vs same steadies. apply sum_all_zeros; [exact steadies|].
    intros zs among. apply in_map_iff in among as ([weight token] & <- & among). cbn [fst snd].
    pose proof (in_combine_l _ _ _ _ among) as zero. apply repeat_spec in zero as ->.
    apply in_combine_r in among. rewrite Forall_forall in all. destruct (zero_terms token h (all token among) head).
    split; [|assumption]. unfold weighted. rewrite map_length. symmetry. exact same.
  Qed.

  Lemma steady_zeros : forall h, Forall steady (map (fun _ => 0) (values h)).
  Proof. intro h. apply Forall_map, Forall_forall. intros _ _. exact steady_zero. Qed.

  Lemma combine_app_same : forall (A B : Type) (xs xs' : list A) (ys ys' : list B), length xs = length ys ->
    combine (xs ++ xs') (ys ++ ys') = combine xs ys ++ combine xs' ys'.
  Proof.
    induction xs as [|x xs IH]; intros xs' [|y ys] ys' same; try discriminate; [reflexivity|]. cbn. f_equal.
    apply IH. auto.
  Qed.

  Lemma brings : forall h trace, In h (heads one) -> Forall (fun token => In token tokens) trace ->
    brought h (mixed h (embedded_all T trace)) = brought h (brought_of h (nth_error (rev trace) (distance h))).
  Proof.
    intros h trace head all. rewrite mixed_is by exact head. unfold brought.
    pose proof (all_look_back h head) as back. destruct (Nat.le_gt_cases (length trace) (distance h)) as [short|long].
    - rewrite (attention_outside h (distance h)) by assumption. rewrite unseen; auto using steady_zeros.
      + rewrite (proj2 (nth_error_None _ _)); [reflexivity|]. rewrite rev_length. exact short.
      + rewrite map_length. reflexivity.
    - destruct (nth_error (rev trace) (distance h)) as [token|] eqn:found.
      2:{ apply nth_error_None in found. rewrite rev_length in found. lia. }
      apply nth_error_split in found as (after & before & split & count).
      apply (f_equal (@rev N)) in split. rewrite rev_involutive, rev_app_distr in split. cbn in split.
      rewrite <- app_assoc in split. cbn in split. subst trace. rewrite app_length, !rev_length. cbn [length].
      rewrite rev_length, count, attention_inside by exact back.
      apply Forall_app in all as [all_before all]. inversion all as [|? ? here all_after]; subst.
      rewrite combine_app_same by (rewrite repeat_length, rev_length; reflexivity).
      rewrite map_app, fold_left_app. rewrite unseen; auto using steady_zeros; [|apply rev_length|apply map_length].
      cbn [combine map fold_left fst snd brought_of].
      rewrite unseen; auto.
      + rewrite rev_length. exact count.
      + exact (length_seen token h).
      + exact (proj2 (zero_terms token h here head)).
  Qed.

  (** The next token after a trace with this last token, where this is what each head finds. *)
  Definition next_seen (found : head -> option N) (last : N) : option N :=
    decided (logits T (fed_forward one (attended one (fun h => brought_of h (found h)) (plain last)))).

  Lemma last_embedded : forall trace token, exists p,
    last (embedded_all T (trace ++ [token])) (Map.empty float) = embedded T p token.
  Proof.
    intros trace token. exists (length trace). unfold embedded_all.
    rewrite app_length, Nat.add_comm. cbn [length Nat.add]. rewrite seq_S, combine_app_same by apply seq_length.
    rewrite map_app. apply last_last.
  Qed.

  (** For every trace, however long, and whatever a head cannot see: *)
  Theorem next_is_seen : forall trace token, Forall (fun token => In token tokens) (trace ++ [token]) ->
    next_token T (trace ++ [token]) = next_seen (fun h => nth_error (rev (trace ++ [token])) (distance h)) token.
  Proof.
    intros trace token all. unfold next_token, next_seen. rewrite one_layer. cbn [fold_left].
    rewrite last_after_layer.
    2:{ unfold embedded_all. destruct trace; discriminate. }
    pose proof inside as rows. unfold rows_inside in rows. cbv zeta in rows. rewrite !andb_true_iff in rows.
    destruct rows as [[rows logits_read] _]. f_equal. apply (logits_agree reads); [exact logits_read|].
    unfold after_layer_at. apply fed_forward_agrees; [exact rows|]. apply attended_agrees.
    - intros h head. apply brings; assumption.
    - destruct (last_embedded trace token) as [p ->]. apply read_anywhere.
  Qed.

  (** * One token for all that look alike *)

  (** All that is read of a last token. *)
  Definition read_of (token : N) : list float :=
    map (fun entry => at_dimension (plain token) (fst entry)) (Map.elements reads).

  Lemma next_of_alike : forall found found' last last', read_of last = read_of last' ->
    (forall h, In h (heads one) -> brought_of h (found h) = brought_of h (found' h)) ->
    next_seen found last = next_seen found' last'.
  Proof.
    intros found found' last last' alike same. unfold next_seen. f_equal.
    pose proof inside as rows. unfold rows_inside in rows. cbv zeta in rows. rewrite !andb_true_iff in rows.
    destruct rows as [[rows logits_read] _]. apply (logits_agree reads); [exact logits_read|].
    apply fed_forward_agrees; [exact rows|]. apply attended_agrees.
    - intros h head. rewrite (same h head). reflexivity.
    - intros i member. rewrite Map.mem_find in member. destruct (Map.find i reads) as [value|] eqn:at_i; [|discriminate].
      apply Map.elements_correct in at_i. unfold read_of in alike.
      exact (equal_in _ _ (fun entry => at_dimension (plain last) (fst entry))
               (fun entry => at_dimension (plain last') (fst entry)) _ _ alike at_i).
  Qed.

  (** * A table of all windows, as [punchtape export --to coq] writes it *)

  (** One token stands for all that look alike: where they are last, and at each distance. *)
  Variable some_last : N -> N.
  Variable some_found : nat -> N -> N.
  Variable distances : list nat.

  Hypothesis alike_last : map read_of tokens = map (fun token => read_of (some_last token)) tokens.
  Hypothesis alike_found :
    map (fun h => map (fun token => weighted h 1 (plain token)) tokens) (heads one) =
    map (fun h => map (fun token => weighted h 1 (plain (some_found (distance h) token))) tokens) (heads one).
  Hypothesis all_distances : forallb (fun h => existsb (Nat.eqb (distance h)) distances) (heads one) = true.

  (** What is seen of a trace: the last token, and what is found at each distance. *)
  Definition window : Type := N * list (option N).

  Definition window_of (trace : list N) (token : N) : window :=
    (some_last token,
     map (fun d => option_map (some_found d) (nth_error (rev (trace ++ [token])) d)) distances).

  Fixpoint at_distance (d : nat) (ds : list nat) (found : list (option N)) : option N :=
    match ds, found with
    | d' :: ds, x :: found => if Nat.eqb d' d then x else at_distance d ds found
    | _, _ => None
    end.

  Definition next_in (w : window) : option N := next_seen (fun h => at_distance (distance h) distances (snd w)) (fst w).

  (** The stand-ins at each place; at a distance there may also be no token. *)
  Variable lasts : list N.
  Variable founds : list (list (option N)).

  Fixpoint choices (places : list (list (option N))) : list (list (option N)) :=
    match places with
    | [] => [[]]
    | place :: others => flat_map (fun x => map (cons x) (choices others)) place
    end.

  Definition windows : list window := list_prod lasts (choices founds).

  Definition among (numbers : list N) (x : N) : bool := existsb (N.eqb x) numbers.

  Definition offered (found : list (option N)) (x : option N) : bool :=
    existsb (fun y => match x, y with Some x, Some y => N.eqb x y | None, None => true | _, _ => false end) found.

  Hypothesis all_lasts : forallb (fun token => among lasts (some_last token)) tokens = true.
  Hypothesis as_many : length founds = length distances.
  Hypothesis all_founds : forallb (fun place =>
    (offered (snd place) None || Nat.eqb (fst place) 0)
    && forallb (fun token => offered (snd place) (Some (some_found (fst place) token))) tokens)
    (combine distances founds) = true.

  Variable results : list N.
  Hypothesis all_results : map next_in windows = map Some results.

  Lemma offered_in : forall found x, offered found x = true -> In x found.
  Proof.
    intros found x is. apply existsb_exists in is as ([y|] & member & equal); destruct x as [x|]; try discriminate;
      [apply N.eqb_eq in equal as ->|]; exact member.
  Qed.

  Lemma found_at : forall trace token d ds, In d ds ->
    at_distance d ds (map (fun d => option_map (some_found d) (nth_error (rev (trace ++ [token])) d)) ds) =
    option_map (some_found d) (nth_error (rev (trace ++ [token])) d).
  Proof.
    intros trace token d ds. induction ds as [|d' ds IH]; intros member; [destruct member|]. cbn [map at_distance].
    destruct (Nat.eqb_spec d' d) as [->|other]; [reflexivity|]. apply IH. destruct member; [contradiction|assumption].
  Qed.

  (** After every trace, the next token is the one that the table has for the window. *)
  Theorem next_is_in_the_table : forall trace token, Forall (fun token => In token tokens) (trace ++ [token]) ->
    exists next, In (window_of trace token, next) (combine windows results) /\ next_token T (trace ++ [token]) = Some next.
  Proof.
    intros trace token all. rewrite (next_is_seen trace token all).
    assert (In token tokens) as in_last.
    { rewrite Forall_forall in all. apply all, in_or_app. right. left. reflexivity. }
    assert (forall d x, nth_error (rev (trace ++ [token])) d = Some x -> In x tokens) as in_found.
    { intros d x here. rewrite Forall_forall in all. apply all, in_rev, (nth_error_In _ d here). }
    cut (In (window_of trace token) windows /\
      next_seen (fun h => nth_error (rev (trace ++ [token])) (distance h)) token = next_in (window_of trace token)).
    - intros [listed ->].
      assert (forall ws rs, map next_in ws = map Some rs -> In (window_of trace token) ws ->
        exists next, In (window_of trace token, next) (combine ws rs) /\ next_in (window_of trace token) = Some next) as look.
      { induction ws as [|w ws IH]; intros [|r rs] same member; try discriminate; [destruct member|].
        cbn [map] in same. injection same as here same. destruct member as [->|member].
        - exists r. split; [left; reflexivity|exact here].
        - destruct (IH rs same member) as (next & there & is). exists next. split; [right; exact there|exact is]. }
      exact (look windows results all_results listed).
    - split.
      + apply in_prod.
        * pose proof all_lasts as listed. rewrite forallb_forall in listed. specialize (listed token in_last).
          apply existsb_exists in listed as (y & inside' & equal). apply N.eqb_eq in equal as ->. exact inside'.
        * pose proof as_many as count. pose proof all_founds as listed. revert count listed.
          generalize founds as fs. unfold window_of. cbn [snd]. clear - in_found.
          induction distances as [|d ds IH]; intros [|f fs] count listed; try discriminate; [left; reflexivity|].
          cbn [combine forallb fst snd] in listed. rewrite !andb_true_iff in listed.
          destruct listed as [[none some] listed]. cbn [map choices]. apply in_flat_map.
          exists (option_map (some_found d) (nth_error (rev (trace ++ [token])) d)). split.
          -- destruct (nth_error (rev (trace ++ [token])) d) as [x|] eqn:here; cbn [option_map].
             ++ rewrite forallb_forall in some. apply offered_in, some. exact (in_found d x here).
             ++ apply offered_in. destruct (offered f None); [reflexivity|]. cbn in none. apply Nat.eqb_eq in none as ->.
                rewrite rev_app_distr in here. discriminate here.
          -- apply in_map. apply IH; [injection count as ->; reflexivity|exact listed].
      + unfold next_in. apply next_of_alike.
        * exact (equal_in _ _ read_of (fun token => read_of (some_last token)) tokens token alike_last in_last).
        * intros h head. pose proof all_distances as listed. rewrite forallb_forall in listed. specialize (listed h head).
          apply existsb_exists in listed as (d & in_d & equal). apply Nat.eqb_eq in equal. subst d.
          unfold window_of. cbn [snd]. rewrite found_at by exact in_d.
          destruct (nth_error (rev (trace ++ [token])) (distance h)) as [x|] eqn:here; [|reflexivity].
          cbn [option_map brought_of]. f_equal.
          pose proof (equal_in _ _ (fun h => map (fun token => weighted h 1 (plain token)) tokens)
            (fun h => map (fun token => weighted h 1 (plain (some_found (distance h) token))) tokens) _ h alike_found head)
            as of_head.
          exact (equal_in _ _ (fun token => weighted h 1 (plain token))
            (fun token => weighted h 1 (plain (some_found (distance h) token))) tokens x of_head (in_found _ _ here)).
  Qed.
End Offsets.

(** The distance at which the relative bias of a head is 0. *)
Definition distance_of (h : head) : nat :=
  (fix at_zero (biases : list float) : nat :=
     match biases with [] => 0%nat | bias :: rest => if bias =? 0 then 0%nat else S (at_zero rest) end) (relative h).

(** The biases of a head that looks back so far, and no further head does. *)
Definition biases_of (h : head) : list float :=
  repeat neg_infinity (distance_of h) ++ 0 :: repeat neg_infinity (S (length (relative h) - distance_of h - 2)).

Lemma all_look_back_by : forall l, map relative (heads l) = map biases_of (heads l) ->
  forall h, In h (heads l) -> looks_back h (distance_of h).
Proof.
  intros l same h head. apply (looks_back_by h (distance_of h) (length (relative h) - distance_of h - 2)).
  exact (equal_in _ _ relative biases_of (heads l) h same head).
Qed.
