(** When a transformer of one layer says what a Lag system does, at every window: what has to be evaluated, and that it
    is enough.

    The transformer sees three tokens, [compiler/machines/lag/window.py]: the first two symbols of the queue, and the
    last token of the trace. There are finitely many such windows, whatever the length of the queue; [LagDecoding] goes
    on from here to every queue and every number of steps. *)

Require Import Bool List PArith NArith Lia FMapPositive Floats.
Import ListNotations.
Require Import Lag Transformer Many.

Section Windows.
  Variable T : transformer.
  Variable one : layer.
  Hypothesis one_layer : layers T = [one].

  (** Tokens are numbers: [halt], and those that append a symbol. [symbol_of] is that symbol, also a number; [more]
      says that the step appends another one after it. *)
  Variable halt : N.
  Variable tokens symbols : list N.
  Variable symbol_of : N -> N.
  Variable more : N -> bool.

  (** The Lag system, and the token for the first of two symbols. *)
  Variable rule : N -> N -> option (list N).
  Variable first_of_two : N -> N.

  (** * What the transformer is to say *)

  Definition expected (a b : N) : N :=
    match rule a b with
    | None => halt
    | Some [x] => x
    | Some (x :: _) => first_of_two x
    | Some [] => halt
    end.

  Definition among (numbers : list N) (x : N) : bool := existsb (N.eqb x) numbers.

  Definition well_formed (appended : list N) : bool :=
    match appended with
    | [x] => among symbols x
    | [x; y] => among symbols x && among symbols y && among tokens (first_of_two x) && more (first_of_two x)
                && N.eqb (symbol_of (first_of_two x)) x
    | _ => false
    end.

  (** What follows a window between two steps, and after the first of two symbols; and that the tokens are those of
      the rules. *)
  Record right_windows : Prop := {
    decoded : forall a b c, In a tokens -> In b tokens -> In c tokens -> more c = false ->
      next_token T [a; b; c] = Some (expected (symbol_of a) (symbol_of b));
    decoded_after_first : forall a b c x y, In a tokens -> In b tokens -> In c tokens -> more c = true ->
      rule (symbol_of a) (symbol_of b) = Some [x; y] -> next_token T [a; b; c] = Some y;
    appended_facts : forall a b appended, In a tokens -> In b tokens ->
      rule (symbol_of a) (symbol_of b) = Some appended -> well_formed appended = true;
    symbol_facts : forall x, In x symbols -> In x tokens /\ x <> halt /\ more x = false /\ symbol_of x = x;
    token_facts : forall t, In t tokens -> In (symbol_of t) symbols /\ t <> halt
  }.

  Lemma among_in : forall numbers x, among numbers x = true -> In x numbers.
  Proof.
    intros numbers x found. unfold among in found. apply existsb_exists in found as (y & inside & equal).
    apply N.eqb_eq in equal as ->. exact inside.
  Qed.

  (** * What is evaluated *)

  (** One token stands for all that look alike at a place of the window: in the first two, those of a symbol; in the
      third, those that say [more], and those that do not. *)
  Variable some_last some_more : N.

  Definition stand_in (place : nat) (token : N) : N :=
    match place with
    | 2 => if more token then some_more else some_last
    | _ => symbol_of token
    end.

  Definition places := [0; 1; 2].

  Definition seen (place : nat) (token : N) : list (list float) :=
    map (fun h => weighted h (nth place (attention h 3) 0%float) (embedded T place token)) (heads one).

  (** All dimensions that neurons and logits read. *)
  Definition reads : Map.t unit :=
    fold_left (fun found r => fold_left (fun found entry => Map.add (fst entry) tt found) r found)
      (flat_map (fun n => [gate n; up n]) (neurons one) ++ unembedding T) (Map.empty unit).

  Definition read (token : N) : list float :=
    map (fun entry => at_dimension (embedded T 2 token) (fst entry)) (Map.elements reads).

  (** [next_token], of one layer. *)
  Definition next_of (a b c : N) : option N :=
    decided (logits T (after_layer_at one (embedded_all T [a; b; c]))).

  Definition is (found : option N) (wanted : N) : bool :=
    match found with Some token => N.eqb token wanted | None => false end.

  Definition right_at (a b : N) : bool := is (next_of a b some_last) (expected a b).

  (** [right_at] for all second symbols at once: the streams before the feed-forward part, and what becomes of them. *)
  Definition attended_with (a : N) : list stream :=
    let x := embedded T 0 a in
    let z := embedded T 2 some_last in
    map (fun b => let y := embedded T 1 b in attended one (fun h => mixed h [x; y; z]) z) symbols.

  Definition logits_with (a : N) : list (list float) :=
    let m := length symbols in
    logits_all m T (fed_forward_all m one (gathered (map fst (Map.elements reads)) (attended_with a))).

  Definition right_with (a : N) : bool :=
    forallb (fun pair => is (decided (snd pair)) (expected a (fst pair))) (combine symbols (logits_with a)).

  Definition right_after_first (a b : N) : bool :=
    match rule a b with Some [_; y] => is (next_of a b some_more) y | _ => true end.

  Definition well_formed_at (a b : N) : bool :=
    match rule a b with Some appended => well_formed appended | None => true end.

  Definition at_all_windows (right : N -> N -> bool) : bool :=
    forallb (fun a => forallb (right a) symbols) symbols.

  Hypothesis alike_seen : map (fun p => map (seen p) tokens) places
                        = map (fun p => map (fun token => seen p (stand_in p token)) tokens) places.
  Hypothesis alike_read : map read tokens = map (fun token => read (stand_in 2 token)) tokens.
  Hypothesis rows_are_read : forallb (fun n => within reads (gate n) && within reads (up n)) (neurons one)
                             && forallb (within reads) (unembedding T) = true.
  Hypothesis all_right_with : forallb right_with symbols = true.
  Hypothesis all_right_after_first : at_all_windows right_after_first = true.
  Hypothesis all_well_formed : at_all_windows well_formed_at = true.
  Hypothesis symbols_are_tokens : forallb
    (fun x => among tokens x && negb (N.eqb x halt) && negb (more x) && N.eqb (symbol_of x) x) symbols = true.
  Hypothesis tokens_have_symbols : forallb
    (fun t => among symbols (symbol_of t) && negb (N.eqb t halt)) tokens = true.

  (** * All windows *)

  Lemma length_columns : forall n rows, length (columns n rows) = n.
  Proof. induction n as [|n IH]; intros rows; cbn; [|rewrite IH]; reflexivity. Qed.

  Lemma all_right : at_all_windows right_at = true.
  Proof.
    unfold at_all_windows. rewrite forallb_forall. intros a in_a. rewrite forallb_forall. intros b in_b.
    pose proof all_right_with as right. rewrite forallb_forall in right. specialize (right a in_a).
    unfold right_with in right. rewrite forallb_forall in right.
    destruct (In_nth symbols b 0%N in_b) as (k & less & here).
    assert (length (logits_with a) = length symbols) as long by apply length_columns.
    specialize (right (nth k (combine symbols (logits_with a)) (0%N, []))).
    rewrite combine_nth in right by (symmetry; exact long). cbn [fst snd] in right. rewrite here in right.
    unfold right_at. rewrite <- right.
    - f_equal. unfold next_of, after_layer_at. f_equal. unfold logits_with.
      apply andb_prop in rows_are_read as [rows logits_read].
      rewrite (vectors_are_streams (length symbols) k less reads); try assumption.
      + f_equal. f_equal. unfold attended_with.
        rewrite (nth_indep _ _ (let y := embedded T 1 0%N in
          attended one (fun h => mixed h [embedded T 0 a; y; embedded T 2 some_last]) (embedded T 2 some_last)))
          by (rewrite map_length; exact less).
        rewrite (map_nth (fun b => let y := embedded T 1 b in
          attended one (fun h => mixed h [embedded T 0 a; y; embedded T 2 some_last]) (embedded T 2 some_last))).
        rewrite here. reflexivity.
      + intros i member. rewrite Map.mem_find in member. destruct (Map.find i reads) as [value|] eqn:found; [|discriminate].
        apply Map.elements_correct in found. apply (in_map fst) in found. exact found.
      + unfold attended_with. apply map_length.
    - replace (b, nth k (logits_with a) []) with (nth k (combine symbols (logits_with a)) (0%N, []))
        by (rewrite combine_nth, here; [reflexivity|symmetry; exact long]).
      apply nth_In. rewrite combine_length. lia.
  Qed.

  Lemma next_is_next_of : forall a b c, next_token T [a; b; c] = next_of a b c.
  Proof.
    intros a b c. unfold next_token, next_of. rewrite one_layer. cbn [fold_left].
    rewrite last_after_layer; [reflexivity|]. discriminate.
  Qed.

  Lemma length_attention : forall h n, length (attention h n) = n.
  Proof.
    intros h n. unfold attention, softmax.
    match goal with |- context [if ?b then _ else _] => destruct b end; rewrite ?map_length, seq_length; reflexivity.
  Qed.

  Lemma three : forall (A : Type) (xs : list A) d, length xs = 3 -> xs = [nth 0 xs d; nth 1 xs d; nth 2 xs d].
  Proof. intros A xs d length. do 4 (destruct xs as [|? xs]; try discriminate length). reflexivity. Qed.

  Lemma mixed_three : forall h a b c,
    mixed h (embedded_all T [a; b; c]) =
    map (fun pair => weighted h (nth (fst pair) (attention h 3) 0%float) (embedded T (fst pair) (snd pair)))
        [(0, a); (1, b); (2, c)].
  Proof.
    intros h a b c. unfold mixed, embedded_all. cbn [length seq combine map fst snd].
    rewrite (three _ (attention h 3) 0%float (length_attention h 3)) at 1. reflexivity.
  Qed.

  Lemma map_equal_in : forall (A B : Type) (f g : A -> B) xs x, map f xs = map g xs -> In x xs -> f x = g x.
  Proof.
    intros A B f g xs x equal. revert x. apply map_ext_in_iff. exact equal.
  Qed.

  Lemma seen_alike : forall p token h, In p places -> In token tokens -> In h (heads one) ->
    weighted h (nth p (attention h 3) 0%float) (embedded T p token) =
    weighted h (nth p (attention h 3) 0%float) (embedded T p (stand_in p token)).
  Proof.
    intros p token h place inside head.
    pose proof (map_equal_in _ _ _ _ places p alike_seen place) as tokens_alike. cbn beta in tokens_alike.
    pose proof (map_equal_in _ _ _ _ tokens token tokens_alike inside) as heads_alike. cbn beta in heads_alike.
    exact (map_equal_in _ _ _ _ (heads one) h heads_alike head).
  Qed.

  Lemma read_alike : forall token, In token tokens ->
    agree reads (embedded T 2 token) (embedded T 2 (stand_in 2 token)).
  Proof.
    intros token inside i member.
    pose proof (map_equal_in _ _ _ _ tokens token alike_read inside) as alike. cbn beta in alike. unfold read in alike.
    rewrite Map.mem_find in member. destruct (Map.find i reads) as [value|] eqn:found; [|discriminate].
    apply Map.elements_correct in found.
    exact (map_equal_in _ _ (fun entry => at_dimension (embedded T 2 token) (fst entry))
             (fun entry => at_dimension (embedded T 2 (stand_in 2 token)) (fst entry)) _ _ alike found).
  Qed.

  Lemma next_of_stand_in : forall a b c, In a tokens -> In b tokens -> In c tokens ->
    next_of a b c = next_of (symbol_of a) (symbol_of b) (stand_in 2 c).
  Proof.
    intros a b c in_a in_b in_c. unfold next_of. f_equal.
    apply andb_prop in rows_are_read as [rows logits_read].
    apply (logits_agree reads); [exact logits_read|].
    unfold after_layer_at. apply fed_forward_agrees; [exact rows|].
    apply attended_agrees.
    - intros h head. rewrite 2 mixed_three. cbn [map fst snd].
      rewrite (seen_alike 0 a h), (seen_alike 1 b h), (seen_alike 2 c h); auto; cbn; auto.
    - exact (read_alike c in_c).
  Qed.

  Lemma facts_of_symbol : forall x, In x symbols -> In x tokens /\ x <> halt /\ more x = false /\ symbol_of x = x.
  Proof.
    intros x inside. pose proof symbols_are_tokens as facts. rewrite forallb_forall in facts.
    specialize (facts x inside). rewrite !andb_true_iff, !negb_true_iff in facts.
    destruct facts as [[[token other] plain] same]. repeat split.
    - apply among_in. exact token.
    - apply N.eqb_neq. exact other.
    - exact plain.
    - apply N.eqb_eq. exact same.
  Qed.

  Lemma facts_of_token : forall t, In t tokens -> In (symbol_of t) symbols /\ t <> halt.
  Proof.
    intros t inside. pose proof tokens_have_symbols as facts. rewrite forallb_forall in facts.
    specialize (facts t inside). rewrite andb_true_iff, negb_true_iff in facts. destruct facts as [symbol other].
    split; [apply among_in; exact symbol|apply N.eqb_neq; exact other].
  Qed.

  Lemma everywhere : forall right, at_all_windows right = true ->
    forall a b, In a tokens -> In b tokens -> right (symbol_of a) (symbol_of b) = true.
  Proof.
    intros right all a b in_a in_b. unfold at_all_windows in all. rewrite forallb_forall in all.
    specialize (all _ (proj1 (facts_of_token a in_a))). rewrite forallb_forall in all.
    exact (all _ (proj1 (facts_of_token b in_b))).
  Qed.

  Lemma is_some : forall found wanted, is found wanted = true -> found = Some wanted.
  Proof.
    intros [token|] wanted equal; [|discriminate]. apply N.eqb_eq in equal as ->. reflexivity.
  Qed.

  (** What is decoded, between two steps and after the first of two symbols. *)
  Lemma says_first : forall a b c, In a tokens -> In b tokens -> In c tokens -> more c = false ->
    next_token T [a; b; c] = Some (expected (symbol_of a) (symbol_of b)).
  Proof.
    intros a b c in_a in_b in_c plain. rewrite next_is_next_of, next_of_stand_in by assumption.
    unfold stand_in. rewrite plain. apply is_some. exact (everywhere right_at all_right a b in_a in_b).
  Qed.

  Lemma says_second : forall a b c x y, In a tokens -> In b tokens -> In c tokens -> more c = true ->
    rule (symbol_of a) (symbol_of b) = Some [x; y] -> next_token T [a; b; c] = Some y.
  Proof.
    intros a b c x y in_a in_b in_c second found. rewrite next_is_next_of, next_of_stand_in by assumption.
    unfold stand_in. rewrite second. apply is_some.
    pose proof (everywhere right_after_first all_right_after_first a b in_a in_b) as right.
    unfold right_after_first in right. rewrite found in right. exact right.
  Qed.

  Lemma is_formed : forall a b appended, In a tokens -> In b tokens ->
    rule (symbol_of a) (symbol_of b) = Some appended -> well_formed appended = true.
  Proof.
    intros a b appended in_a in_b found.
    pose proof (everywhere well_formed_at all_well_formed a b in_a in_b) as right.
    unfold well_formed_at in right. rewrite found in right. exact right.
  Qed.

  Theorem windows_are_right : right_windows.
  Proof. exact (Build_right_windows says_first says_second is_formed facts_of_symbol facts_of_token). Qed.
End Windows.

Arguments decoded {T halt tokens symbols symbol_of more rule first_of_two} _.
Arguments decoded_after_first {T halt tokens symbols symbol_of more rule first_of_two} _.
Arguments appended_facts {T halt tokens symbols symbol_of more rule first_of_two} _.
Arguments symbol_facts {T halt tokens symbols symbol_of more rule first_of_two} _.
Arguments token_facts {T halt tokens symbols symbol_of more rule first_of_two} _.
