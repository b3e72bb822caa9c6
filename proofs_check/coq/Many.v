(** The feed-forward part and the logits for many streams at once, which is a matter of speed alone: each weight is looked
    up once for all of them. [vectors_are_streams]: stream by stream it is what [Transformer] says. *)

Require Import Bool List PArith NArith Lia FMapPositive Floats.
Import ListNotations.
Require Import Transformer.

Local Open Scope float_scope.

Definition vector := list float.

Fixpoint map2 (f : float -> float -> float) (xs ys : vector) : vector :=
  match xs, ys with x :: xs, y :: ys => f x y :: map2 f xs ys | _, _ => [] end.

Section Vectors.
  (** How many streams there are; an entry of a vector is for one of them. *)
  Variable m : nat.

  Definition streams := Map.t vector.

  Definition zeros : vector := repeat 0 m.

  Definition values_at (X : streams) (i : positive) : vector :=
    match Map.find i X with Some values => values | None => zeros end.

  Definition dots (r : row) (X : streams) : vector :=
    fold_left (fun sum entry => map2 (fun s x => s + snd entry * x) sum (values_at X (fst entry))) r zeros.

  Definition plus_all (X : streams) (values : vector) (r : row) : streams :=
    fold_left (fun X entry =>
      Map.add (fst entry) (map2 (fun x value => x + snd entry * value) (values_at X (fst entry)) values) X) r X.

  Definition fed_forward_all (l : layer) (X : streams) : streams :=
    fold_left (fun Y n =>
      plus_all Y (map2 (fun g u => relu g * u) (dots (gate n) X) (dots (up n) X)) (down n)) (neurons l) X.

  (** Of each stream the dimensions in [dimensions]. *)
  Definition gathered (dimensions : list positive) (xs : list stream) : streams :=
    fold_left (fun X i => Map.add i (map (fun x => at_dimension x i) xs) X) dimensions (Map.empty vector).

  (** Rows to columns. *)
  Fixpoint columns (n : nat) (rows : list vector) : list vector :=
    match n with 0 => [] | S n => map (hd 0) rows :: columns n (map (@tl float) rows) end.

  Definition logits_all (T : transformer) (X : streams) : list vector :=
    columns m (map (fun r => dots r X) (unembedding T)).

  (** * They are the streams *)

  Variable k : nat.
  Hypothesis inside : (k < m)%nat.

  Definition whole (values : vector) : Prop := length values = m.

  Definition stands_for (reads : Map.t unit) (X : streams) (x : stream) : Prop :=
    forall i, whole (values_at X i) /\ (Map.mem i reads = true -> nth k (values_at X i) 0 = at_dimension x i).

  Lemma whole_zeros : whole zeros.
  Proof. apply repeat_length. Qed.

  Lemma whole_map2 : forall f xs ys, whole xs -> whole ys -> whole (map2 f xs ys).
  Proof.
    unfold whole. generalize m. intros n f xs. revert n.
    induction xs as [|x xs IH]; intros n ys one other; [exact one|].
    destruct ys as [|y ys]; [exact other|]. destruct n as [|n]; [discriminate|].
    cbn in *. f_equal. apply IH; lia.
  Qed.

  Lemma nth_map2_any : forall f xs ys j, length xs = length ys -> (j < length xs)%nat ->
    nth j (map2 f xs ys) 0 = f (nth j xs 0) (nth j ys 0).
  Proof.
    intros f xs. induction xs as [|x xs IH]; intros ys j same less; [cbn in less; lia|].
    destruct ys as [|y ys]; [discriminate|]. destruct j as [|j]; [reflexivity|].
    cbn in *. apply IH; lia.
  Qed.

  Lemma nth_map2 : forall f xs ys, whole xs -> whole ys -> nth k (map2 f xs ys) 0 = f (nth k xs 0) (nth k ys 0).
  Proof. intros f xs ys one other. unfold whole in *. apply nth_map2_any; lia. Qed.

  Lemma nth_zeros : nth k zeros 0 = 0.
  Proof. apply nth_repeat. Qed.

  Lemma dots_stand : forall reads r X x, stands_for reads X x -> within reads r = true ->
    whole (dots r X) /\ nth k (dots r X) 0 = dot r x.
  Proof.
    intros reads r X x stand. unfold dots, dot.
    assert (forall sums sum, whole sums -> nth k sums 0 = sum -> within reads r = true ->
      whole (fold_left (fun s e => map2 (fun s x => s + snd e * x) s (values_at X (fst e))) r sums) /\
      nth k (fold_left (fun s e => map2 (fun s x => s + snd e * x) s (values_at X (fst e))) r sums) 0 =
      fold_left (fun s e => s + snd e * at_dimension x (fst e)) r sum) as general.
    { induction r as [|[i w] r IH]; intros sums sum long same read; [auto|]. cbn in *.
      apply andb_prop in read as [here read]. destruct (stand i) as [long' same'].
      apply IH; [apply whole_map2; assumption| |exact read].
      rewrite nth_map2 by assumption. rewrite same, (same' here). reflexivity. }
    apply general; [exact whole_zeros|exact nth_zeros].
  Qed.

  Lemma values_add : forall X i j values,
    values_at (Map.add i values X) j = if Pos.eqb i j then values else values_at X j.
  Proof.
    intros X i j values. unfold values_at. destruct (Pos.eqb_spec i j) as [->|other].
    - rewrite Map.gss. reflexivity.
    - rewrite Map.gso by congruence. reflexivity.
  Qed.

  Lemma plus_stands : forall reads r X x values, whole values -> stands_for reads X x ->
    stands_for reads (plus_all X values r) (plus x (nth k values 0) r).
  Proof.
    intros reads r X x values long. unfold plus_all, plus. revert X x.
    induction r as [|[i w] r IH]; intros X x stand; [exact stand|]. cbn. apply IH.
    intros j. rewrite values_add, at_add. destruct (stand i) as [long_i same_i]. destruct (Pos.eqb_spec i j) as [->|_].
    - split; [apply whole_map2; assumption|]. intros read. rewrite nth_map2 by assumption.
      rewrite (same_i read). reflexivity.
    - apply stand.
  Qed.

  Lemma fed_forward_stands : forall reads l X x,
    forallb (fun n => within reads (gate n) && within reads (up n)) (neurons l) = true -> stands_for reads X x ->
    stands_for reads (fed_forward_all l X) (fed_forward l x).
  Proof.
    intros reads l X x read stand. unfold fed_forward_all, fed_forward.
    assert (forall Y y, stands_for reads Y y -> stands_for reads
      (fold_left (fun Y n => plus_all Y (map2 (fun g u => relu g * u) (dots (gate n) X) (dots (up n) X)) (down n))
                 (neurons l) Y)
      (fold_left (fun y n => plus y (relu (dot (gate n) x) * dot (up n) x) (down n)) (neurons l) y)) as general.
    { induction (neurons l) as [|n rest IH]; intros Y y stand'; [exact stand'|]. cbn in *.
      apply andb_prop in read as [here read]. apply andb_prop in here as [reads_gate reads_up].
      destruct (dots_stand reads (gate n) X x stand reads_gate) as [long_g same_g].
      destruct (dots_stand reads (up n) X x stand reads_up) as [long_u same_u].
      apply (IH read). rewrite <- same_g, <- same_u.
      rewrite <- (nth_map2 (fun g u => relu g * u)) by assumption.
      apply plus_stands; [apply whole_map2; assumption|exact stand']. }
    apply general. exact stand.
  Qed.

  Lemma gathered_stands : forall reads dimensions xs, whole (map (fun _ => 0) xs) ->
    (forall i, Map.mem i reads = true -> In i dimensions) ->
    stands_for reads (gathered dimensions xs) (nth k xs (Map.empty float)).
  Proof.
    intros reads dimensions xs long all. unfold whole in long. rewrite map_length in long.
    assert (forall X, (forall i, whole (values_at X i)) -> forall i,
      let Y := fold_left (fun X i => Map.add i (map (fun x => at_dimension x i) xs) X) dimensions X in
      whole (values_at Y i) /\
      (In i dimensions \/ values_at X i = map (fun x => at_dimension x i) xs ->
       values_at Y i = map (fun x => at_dimension x i) xs)) as general.
    { clear all. induction dimensions as [|d rest IH]; intros X wholes i; cbn.
      - split; [apply wholes|]. intros [[]|same]. exact same.
      - destruct (IH (Map.add d (map (fun x => at_dimension x d) xs) X)) with (i := i) as [long' same'].
        + intros j. rewrite values_add. destruct (Pos.eqb_spec d j); [unfold whole; rewrite map_length; exact long|].
          apply wholes.
        + split; [exact long'|]. intros [[->|later]|same]; apply same'.
          * right. rewrite values_add, Pos.eqb_refl. reflexivity.
          * left. exact later.
          * right. rewrite values_add. destruct (Pos.eqb_spec d i) as [->|]; [reflexivity|exact same]. }
    intros i. destruct (general (Map.empty vector)) with (i := i) as [long' same'].
    - intros j. unfold values_at. rewrite Map.gempty. exact whole_zeros.
    - split; [exact long'|]. intros read. unfold gathered. rewrite same' by (left; apply all; exact read).
      rewrite (nth_indep _ 0 (at_dimension (Map.empty float) i)) by (rewrite map_length; lia).
      exact (map_nth (fun x => at_dimension x i) xs (Map.empty float) k).
  Qed.

  Lemma nth_columns : forall n j rows, (j < n)%nat -> nth j (columns n rows) [] = map (fun r => nth j r 0) rows.
  Proof.
    induction n as [|n IH]; intros j rows less; [lia|]. destruct j as [|j]; cbn.
    - apply map_ext. intros [|x r]; reflexivity.
    - rewrite IH by lia. rewrite map_map. apply map_ext. intros [|x r]; [destruct j|]; reflexivity.
  Qed.

  Theorem vectors_are_streams : forall reads T l dimensions xs,
    forallb (fun n => within reads (gate n) && within reads (up n)) (neurons l) = true ->
    forallb (within reads) (unembedding T) = true ->
    (forall i, Map.mem i reads = true -> In i dimensions) -> length xs = m ->
    nth k (logits_all T (fed_forward_all l (gathered dimensions xs))) [] =
    logits T (fed_forward l (nth k xs (Map.empty float))).
  Proof.
    intros reads T l dimensions xs rows logits_read all long. unfold logits_all, logits.
    rewrite nth_columns by exact inside. rewrite map_map. apply map_ext_in. intros r among.
    rewrite forallb_forall in logits_read. apply (dots_stand reads); [|apply logits_read; exact among].
    apply fed_forward_stands; [exact rows|]. apply gathered_stands; [|exact all].
    unfold whole. rewrite map_length. exact long.
  Qed.
End Vectors.
