(** A decoder-only transformer over IEEE binary64, as in [interpreter/model/transformer.py]: embedding, heads at fixed
    relative offsets, ReGLU, residual sums, unembedding.

    Floats are the kernel's own (PrimFloat), so that a next token is a computation. Weights are rows without their
    zeros; a product with a row adds up in the order of its entries. PyTorch adds in an order of its own, and adds the
    zeros too; where all numbers are small integers and halves, as here, no order rounds. *)

Require Import Bool List PArith NArith FMapPositive Floats.
Import ListNotations.
Local Open Scope float_scope.

Module Map := PositiveMap.

(** The entries that are not 0: (dimension, weight). *)
Definition row := list (positive * float).

(** The residual stream at one position; dimensions that are not in it are 0. *)
Definition stream := Map.t float.

Definition at_dimension (x : stream) (i : positive) : float :=
  match Map.find i x with Some value => value | None => 0 end.

Definition dot (r : row) (x : stream) : float :=
  fold_left (fun sum entry => sum + snd entry * at_dimension x (fst entry)) r 0.

(** [x + value * r] *)
Definition plus (x : stream) (value : float) (r : row) : stream :=
  fold_left (fun x entry => Map.add (fst entry) (at_dimension x (fst entry) + snd entry * value) x) r x.

(** A head without query and key: its scores are its relative biases. [relative]: at distance 0, 1, ...; the last one
    is for all that are further. Value [i] reads [values i] and is added to [outputs i]. *)
Record head := { relative : list float; values : list row; outputs : list row }.

(** [relu (gate x) * (up x)], added to [down]. *)
Record neuron := { gate : row; up : row; down : row }.

Record layer := { heads : list head; neurons : list neuron }.

(** [embedding] and [unembedding] have a row for each token, [positional] one for each positional feature. *)
Record transformer := {
  embedding : list row; positional : list row; layers : list layer; unembedding : list row }.

(** * Embedding *)

Fixpoint float_of (n : nat) : float := match n with O => 0 | S m => float_of m + 1 end.

(** The features of [compiler.circuits.circuit.POSITIONAL]: 1, p, p squared, parity, whether p is 0. *)
Definition features (p : nat) : list float :=
  let x := float_of p in
  [1; x; x * x; if Nat.even p then 1 else -1; if Nat.eqb p 0 then 1 else 0].

Definition embedded (T : transformer) (p : nat) (token : N) : stream :=
  fold_left (fun x feature => plus x (fst feature) (snd feature))
    (combine (features p) (positional T))
    (plus (Map.empty float) 1 (nth (N.to_nat token) (embedding T) [])).

Definition embedded_all (T : transformer) (tokens : list N) : list stream :=
  map (fun position => embedded T (fst position) (snd position)) (combine (seq 0 (length tokens)) tokens).

(** * Attention *)

(** All that the softmax of such a head needs of the exponential. Anything else would be [nan], which wins nowhere. *)
Definition exp (x : float) : float :=
  if x =? 0 then 1 else if x =? neg_infinity then 0 else nan.

Definition maximum (scores : list float) : float :=
  fold_left (fun most score => if most <? score then score else most) scores neg_infinity.

(** Where there is no position that a head may look at, it brings 0. *)
Definition softmax (scores : list float) : list float :=
  let most := maximum scores in
  if most =? neg_infinity then map (fun _ => 0) scores else
  let powers := map (fun score => exp (score - most)) scores in
  let total := fold_left (fun sum power => sum + power) powers 0 in
  map (fun power => power / total) powers.

(** The weights with which the last of [n] positions sees them all, the first one first. *)
Definition attention (h : head) (n : nat) : list float :=
  softmax (map (fun j => nth (n - 1 - j) (relative h) (last (relative h) neg_infinity)) (seq 0 n)).

Definition weighted (h : head) (weight : float) (x : stream) : list float :=
  map (fun r => weight * dot r x) (values h).

Definition sum (xs ys : list float) : list float := map (fun pair => fst pair + snd pair) (combine xs ys).

Definition mixed (h : head) (xs : list stream) : list (list float) :=
  map (fun seen => weighted h (fst seen) (snd seen)) (combine (attention h (length xs)) xs).

(** What a head brings to the last of these positions, value by value. *)
Definition brought (h : head) (terms : list (list float)) : list float :=
  fold_left sum terms (map (fun _ => 0) (values h)).

Definition attended (l : layer) (terms : head -> list (list float)) (x : stream) : stream :=
  fold_left (fun x h => fold_left (fun x value => plus x (fst value) (snd value))
                                  (combine (brought h (terms h)) (outputs h)) x)
    (heads l) x.

(** * The feed-forward part *)

Definition relu (x : float) : float := if 0 <? x then x else 0.

Definition fed_forward (l : layer) (x : stream) : stream :=
  fold_left (fun y n => plus y (relu (dot (gate n) x) * dot (up n) x) (down n)) (neurons l) x.

(** * The whole *)

(** The stream after a layer at the last of these positions. *)
Definition after_layer_at (l : layer) (xs : list stream) : stream :=
  fed_forward l (attended l (fun h => mixed h xs) (last xs (Map.empty float))).

Definition after_layer (xs : list stream) (l : layer) : list stream :=
  map (fun i => after_layer_at l (firstn (S i) xs)) (seq 0 (length xs)).

Definition logits (T : transformer) (x : stream) : list float := map (fun r => dot r x) (unembedding T).

(** The token whose logit is larger than every other; none where two are largest, or where a logit is no number. *)
Definition decided (scores : list float) : option N :=
  let numbered := combine (map N.of_nat (seq 0 (length scores))) scores in
  let best := fold_left (fun best candidate => if snd best <? snd candidate then candidate else best)
                        numbered (0%N, neg_infinity) in
  if forallb (fun other => N.eqb (fst other) (fst best) || (snd other <? snd best)) numbered
  then Some (fst best) else None.

Definition next_token (T : transformer) (tokens : list N) : option N :=
  decided (logits T (last (fold_left after_layer (layers T) (embedded_all T tokens)) (Map.empty float))).

(** * Of one layer, only the last position counts *)

Lemma last_map_seq : forall (A : Type) (f : nat -> A) n d, last (map f (seq 0 (S n))) d = f n.
Proof.
  intros A f n d. rewrite seq_S, map_app. cbn [map]. apply last_last.
Qed.

Lemma last_after_layer : forall l xs, xs <> [] -> last (after_layer xs l) (Map.empty float) = after_layer_at l xs.
Proof.
  intros l xs some. destruct xs as [|x rest]; [contradiction|]. unfold after_layer.
  cbn [length]. rewrite last_map_seq.
  change (S (length rest)) with (length (x :: rest)). rewrite firstn_all. reflexivity.
Qed.

(** * Streams that agree where something is read are alike *)

Definition agree (reads : Map.t unit) (x y : stream) : Prop :=
  forall i, Map.mem i reads = true -> at_dimension x i = at_dimension y i.

Definition within (reads : Map.t unit) (r : row) : bool := forallb (fun entry => Map.mem (fst entry) reads) r.

Lemma dot_agrees : forall reads r x y, agree reads x y -> within reads r = true -> dot r x = dot r y.
Proof.
  intros reads r x y alike. unfold dot. generalize 0 as start.
  induction r as [|[i w] r IH]; intros start inside; [reflexivity|]. cbn in *.
  apply andb_prop in inside as [here inside]. rewrite (alike i here). apply IH. exact inside.
Qed.

Lemma at_add : forall x i j value,
  at_dimension (Map.add i value x) j = if Pos.eqb i j then value else at_dimension x j.
Proof.
  intros x i j value. unfold at_dimension. destruct (Pos.eqb_spec i j) as [->|other].
  - rewrite Map.gss. reflexivity.
  - rewrite Map.gso by congruence. reflexivity.
Qed.

Lemma plus_agrees : forall reads r value x y, agree reads x y -> agree reads (plus x value r) (plus y value r).
Proof.
  intros reads r value. unfold plus.
  induction r as [|[i w] r IH]; intros x y alike; [exact alike|]. cbn. apply IH.
  intros j read. rewrite 2 at_add. destruct (Pos.eqb_spec i j) as [->|]; rewrite ?(alike j read); reflexivity.
Qed.

Lemma fold_agrees : forall (A : Type) reads (f g : stream -> A -> stream) items,
  (forall x y item, In item items -> agree reads x y -> agree reads (f x item) (g y item)) ->
  forall x y, agree reads x y -> agree reads (fold_left f items x) (fold_left g items y).
Proof.
  intros A reads f g items. induction items as [|item items IH]; intros one x y alike; [exact alike|].
  cbn. apply IH; [|apply one; [left; reflexivity|exact alike]].
  intros x' y' other among. apply one. right. exact among.
Qed.

Lemma attended_agrees : forall reads l terms terms' x y,
  (forall h, In h (heads l) -> brought h (terms h) = brought h (terms' h)) -> agree reads x y ->
  agree reads (attended l terms x) (attended l terms' y).
Proof.
  intros reads l terms terms' x y same alike. unfold attended.
  apply fold_agrees; [|exact alike]. clear x y alike. intros x y h among alike. rewrite (same h among).
  apply fold_agrees; [|exact alike]. intros x' y' value _ alike'. apply plus_agrees. exact alike'.
Qed.

Lemma fed_forward_agrees : forall reads l x y,
  forallb (fun n => within reads (gate n) && within reads (up n)) (neurons l) = true -> agree reads x y ->
  agree reads (fed_forward l x) (fed_forward l y).
Proof.
  intros reads l x y inside alike. unfold fed_forward.
  apply fold_agrees; [|exact alike]. intros x' y' n among alike'.
  rewrite forallb_forall in inside. destruct (andb_prop _ _ (inside n among)) as [first second].
  rewrite (dot_agrees reads (gate n) x y alike first), (dot_agrees reads (up n) x y alike second).
  apply plus_agrees. exact alike'.
Qed.

Lemma logits_agree : forall reads T x y,
  forallb (within reads) (unembedding T) = true -> agree reads x y -> logits T x = logits T y.
Proof.
  intros reads T x y inside alike. unfold logits. apply map_ext_in. intros r among.
  rewrite forallb_forall in inside. apply (dot_agrees reads); auto.
Qed.
