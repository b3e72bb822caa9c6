(** When decoding with a transformer of one layer is a Lag system: what has to be evaluated, and that it is enough.

    The transformer sees three tokens, [compiler/machines/lag/window.py]: the first two symbols of the queue, and the
    last token of the trace. There are finitely many such windows, whatever the length of the queue; so the theorem for
    every queue and every number of steps is an evaluation of all of them, and an induction. *)

Require Import Bool List PArith NArith Lia FMapPositive Floats.
Import ListNotations.
Require Import Lag Transformer Many.

Section Decoding.
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

  (** * The loop around the transformer: work that is done outside of it *)

  Inductive outcome := Goes (queue : list N) | Halted | Undecided.

  Definition decode_step (queue : list N) : outcome :=
    match queue with
    | a :: b :: _ =>
        match next_token T [a; b; last queue halt] with
        | Some token =>
            if N.eqb token halt then Halted else
            Goes (if more token then queue ++ [token] else tl (queue ++ [token]))
        | None => Undecided
        end
    | _ => Undecided
    end.

  Fixpoint decode (n : nat) (queue : list N) : option (list N) :=
    match n with
    | 0 => Some queue
    | S m => match decode_step queue with Goes next => decode m next | _ => None end
    end.

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

  Definition expected (a b : N) : N :=
    match rule a b with
    | None => halt
    | Some [x] => x
    | Some (x :: _) => first_of_two x
    | Some [] => halt
    end.

  Definition is (found : option N) (wanted : N) : bool :=
    match found with Some token => N.eqb token wanted | None => false end.

  Definition among (numbers : list N) (x : N) : bool := existsb (N.eqb x) numbers.

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

  Definition well_formed (appended : list N) : bool :=
    match appended with
    | [x] => among symbols x
    | [x; y] => among symbols x && among symbols y && among tokens (first_of_two x) && more (first_of_two x)
                && N.eqb (symbol_of (first_of_two x)) x
    | _ => false
    end.

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

  Lemma among_in : forall numbers x, among numbers x = true -> In x numbers.
  Proof.
    intros numbers x found. unfold among in found. apply existsb_exists in found as (y & inside & equal).
    apply N.eqb_eq in equal as ->. exact inside.
  Qed.

  Lemma symbol_facts : forall x, In x symbols -> In x tokens /\ x <> halt /\ more x = false /\ symbol_of x = x.
  Proof.
    intros x inside. pose proof symbols_are_tokens as facts. rewrite forallb_forall in facts.
    specialize (facts x inside). rewrite !andb_true_iff, !negb_true_iff in facts.
    destruct facts as [[[token other] plain] same]. repeat split.
    - apply among_in. exact token.
    - apply N.eqb_neq. exact other.
    - exact plain.
    - apply N.eqb_eq. exact same.
  Qed.

  Lemma token_facts : forall t, In t tokens -> In (symbol_of t) symbols /\ t <> halt.
  Proof.
    intros t inside. pose proof tokens_have_symbols as facts. rewrite forallb_forall in facts.
    specialize (facts t inside). rewrite andb_true_iff, negb_true_iff in facts. destruct facts as [symbol other].
    split; [apply among_in; exact symbol|apply N.eqb_neq; exact other].
  Qed.

  Lemma everywhere : forall right, at_all_windows right = true ->
    forall a b, In a tokens -> In b tokens -> right (symbol_of a) (symbol_of b) = true.
  Proof.
    intros right all a b in_a in_b. unfold at_all_windows in all. rewrite forallb_forall in all.
    specialize (all _ (proj1 (token_facts a in_a))). rewrite forallb_forall in all.
    exact (all _ (proj1 (token_facts b in_b))).
  Qed.

  Lemma is_some : forall found wanted, is found wanted = true -> found = Some wanted.
  Proof.
    intros [token|] wanted equal; [|discriminate]. apply N.eqb_eq in equal as ->. reflexivity.
  Qed.

  (** What is decoded, between two steps and after the first of two symbols. *)
  Lemma decoded : forall a b c, In a tokens -> In b tokens -> In c tokens -> more c = false ->
    next_token T [a; b; c] = Some (expected (symbol_of a) (symbol_of b)).
  Proof.
    intros a b c in_a in_b in_c plain. rewrite next_is_next_of, next_of_stand_in by assumption.
    unfold stand_in. rewrite plain. apply is_some. exact (everywhere right_at all_right a b in_a in_b).
  Qed.

  Lemma decoded_after_first : forall a b c x y, In a tokens -> In b tokens -> In c tokens -> more c = true ->
    rule (symbol_of a) (symbol_of b) = Some [x; y] -> next_token T [a; b; c] = Some y.
  Proof.
    intros a b c x y in_a in_b in_c second found. rewrite next_is_next_of, next_of_stand_in by assumption.
    unfold stand_in. rewrite second. apply is_some.
    pose proof (everywhere right_after_first all_right_after_first a b in_a in_b) as right.
    unfold right_after_first in right. rewrite found in right. exact right.
  Qed.

  Lemma appended_facts : forall a b appended, In a tokens -> In b tokens ->
    rule (symbol_of a) (symbol_of b) = Some appended -> well_formed appended = true.
  Proof.
    intros a b appended in_a in_b found.
    pose proof (everywhere well_formed_at all_well_formed a b in_a in_b) as right.
    unfold well_formed_at in right. rewrite found in right. exact right.
  Qed.

  (** * All queues *)

  Definition queue_of_tokens (queue : list N) : Prop := Forall (fun t => In t tokens) queue /\ 2 <= length queue.

  (** A queue between two steps; a prompt is one. *)
  Definition settled (queue : list N) : Prop := queue_of_tokens queue /\ more (last queue halt) = false.

  (** What decoding comes to from a prompt whose symbols are [start]: a queue of the Lag system, or one to which the
      first of two symbols has been appended. *)
  Inductive reached (start : list N) : list N -> Prop :=
  | Between n queue : settled queue -> run rule n start = Some (map symbol_of queue) -> reached start queue
  | Within n a b rest x y :
      settled (a :: b :: rest) -> run rule n start = Some (map symbol_of (a :: b :: rest)) ->
      rule (symbol_of a) (symbol_of b) = Some [x; y] ->
      reached start (a :: b :: rest ++ [first_of_two x]).

  Lemma last_end : forall (xs : list N) x d, last (xs ++ [x]) d = x.
  Proof. intros. apply last_last. Qed.

  Lemma last_in : forall queue, queue_of_tokens queue -> In (last queue halt) tokens.
  Proof.
    intros queue [all long]. destruct queue as [|a rest]; [cbn in long; lia|].
    rewrite Forall_forall in all. apply all.
    rewrite (app_removelast_last halt) at 2 by discriminate. apply in_or_app. right. left. reflexivity.
  Qed.

  (** A step between two steps of the Lag system: it halts with it, or goes on with it. *)
  Lemma step_between : forall queue, settled queue ->
    match step rule (map symbol_of queue) with
    | None => decode_step queue = Halted
    | Some after =>
        (exists next, decode_step queue = Goes next /\ settled next /\ map symbol_of next = after) \/
        (exists a b rest x y, queue = a :: b :: rest /\ rule (symbol_of a) (symbol_of b) = Some [x; y] /\
          decode_step queue = Goes (a :: b :: rest ++ [first_of_two x]))
    end.
  Proof.
    intros queue [whole plain]. pose proof (last_in queue whole) as in_last. destruct whole as [all long].
    destruct queue as [|a [|b rest]]; [cbn in long; lia|cbn in long; lia|].
    inversion all as [|? ? in_a all_b]; subst. inversion all_b as [|? ? in_b all_rest]; subst.
    cbn [map step]. unfold decode_step. rewrite decoded by assumption. unfold expected.
    destruct (rule (symbol_of a) (symbol_of b)) as [appended|] eqn:found.
    - pose proof (appended_facts a b appended in_a in_b found) as formed.
      destruct appended as [|x [|y [|]]]; try discriminate formed.
      + left. cbn in formed. apply among_in in formed. destruct (symbol_facts x formed) as (in_x & other & last & same).
        apply N.eqb_neq in other. rewrite other, last. cbn [app tl]. eexists. split; [reflexivity|]. split.
        * split; [split|].
          -- constructor; [exact in_b|]. apply Forall_app. split; [exact all_rest|]. constructor; [exact in_x|constructor].
          -- cbn. rewrite app_length. cbn. lia.
          -- change (b :: rest ++ [x]) with ((b :: rest) ++ [x]). rewrite last_end. exact last.
        * cbn [map]. rewrite map_app. cbn [map]. rewrite same. reflexivity.
      + right. cbn [well_formed] in formed. rewrite !andb_true_iff in formed.
        destruct formed as [[[[in_x in_y] in_first] says_more] same]. apply among_in in in_first.
        destruct (token_facts _ in_first) as [_ other]. apply N.eqb_neq in other. rewrite other, says_more.
        exists a, b, rest, x, y. auto.
    - rewrite N.eqb_refl. reflexivity.
  Qed.

  (** The second of two symbols. *)
  Lemma step_within : forall a b rest x y, settled (a :: b :: rest) ->
    rule (symbol_of a) (symbol_of b) = Some [x; y] ->
    exists next, decode_step (a :: b :: rest ++ [first_of_two x]) = Goes next /\ settled next /\
      step rule (map symbol_of (a :: b :: rest)) = Some (map symbol_of next).
  Proof.
    intros a b rest x y [[all long] plain] found.
    inversion all as [|? ? in_a all_b]; subst. inversion all_b as [|? ? in_b all_rest]; subst.
    pose proof (appended_facts a b _ in_a in_b found) as formed. cbn [well_formed] in formed.
    rewrite !andb_true_iff in formed. destruct formed as [[[[in_x in_y] in_first] says_more] same].
    apply among_in in in_x, in_y, in_first. apply N.eqb_eq in same.
    destruct (symbol_facts y in_y) as (token_y & other & last_y & same_y). apply N.eqb_neq in other.
    unfold decode_step.
    change (a :: b :: rest ++ [first_of_two x]) with ((a :: b :: rest) ++ [first_of_two x]) at 1.
    rewrite last_end, (decoded_after_first a b _ x y) by assumption. rewrite other, last_y.
    cbn [app tl]. rewrite <- app_assoc. cbn [app]. eexists. split; [reflexivity|]. split.
    - split; [split|].
      + constructor; [exact in_b|]. apply Forall_app. split; [exact all_rest|]. repeat constructor; assumption.
      + cbn. rewrite app_length. cbn. lia.
      + change (b :: rest ++ [first_of_two x; y]) with ((b :: rest) ++ [first_of_two x; y]).
        change [first_of_two x; y] with ([first_of_two x] ++ [y]). rewrite app_assoc, last_end. exact last_y.
    - cbn [map step]. rewrite found, map_app. cbn [map]. rewrite same, same_y. reflexivity.
  Qed.

  Lemma reached_step : forall start queue, reached start queue ->
    match decode_step queue with
    | Goes next => reached start next
    | Halted => exists n last, run rule n start = Some last /\ step rule last = None /\ map symbol_of queue = last
    | Undecided => False
    end.
  Proof.
    intros start queue [n between whole come|n a b rest x y whole come found].
    - pose proof (step_between between whole) as next.
      destruct (step rule (map symbol_of between)) as [after|] eqn:steps.
      + destruct next as [(queue' & -> & whole' & same)|(a & b & rest & x & y & -> & found & ->)].
        * apply (Between _ (n + 1)); [exact whole'|]. eapply run_add; [exact come|].
          rewrite same. apply run_one. exact steps.
        * apply (Within _ n a b rest x y); assumption.
      + rewrite next. exists n, (map symbol_of between). auto.
    - destruct (step_within a b rest x y whole found) as (next & -> & whole' & steps).
      apply (Between _ (n + 1)); [exact whole'|]. eapply run_add; [exact come|]. apply run_one. exact steps.
  Qed.

  Lemma reached_run : forall m start queue last, reached start queue -> decode m queue = Some last ->
    reached start last.
  Proof.
    induction m as [|m IH]; intros start queue last come runs; cbn in runs.
    - injection runs as <-. exact come.
    - pose proof (reached_step start queue come) as next. destruct (decode_step queue); try discriminate.
      exact (IH start _ last next runs).
  Qed.

  Lemma decode_add : forall m n first middle last,
    decode m first = Some middle -> decode n middle = Some last -> decode (m + n) first = Some last.
  Proof.
    induction m as [|m IH]; intros n first middle last one_run other; cbn in *.
    - injection one_run as <-. exact other.
    - destruct (decode_step first); try discriminate. eapply IH; eassumption.
  Qed.

  Lemma start_reached : forall queue, settled queue -> reached (map symbol_of queue) queue.
  Proof. intros queue whole. apply (Between _ 0); [exact whole|reflexivity]. Qed.

  (** * The theorem *)

  (** Whatever the Lag system comes to, decoding comes to, in at most two tokens a step. *)
  Theorem decoding_follows : forall n queue after, settled queue ->
    run rule n (map symbol_of queue) = Some after ->
    exists m last, n <= m <= 2 * n /\ decode m queue = Some last /\ settled last /\ map symbol_of last = after.
  Proof.
    induction n as [|n IH]; intros queue after whole runs; cbn in runs.
    - injection runs as <-. exists 0, queue. repeat split; try lia; try apply whole.
    - pose proof (step_between queue whole) as next.
      destruct (step rule (map symbol_of queue)) as [between|] eqn:steps; [|discriminate].
      destruct next as [(queue' & goes & whole' & same)|(a & b & rest & x & y & -> & found & goes)].
      + subst between. destruct (IH queue' after whole' runs) as (m & last & bound & decodes & settled_last & equal).
        exists (S m), last. cbn [decode]. rewrite goes. repeat split; try lia; try assumption; apply settled_last.
      + destruct (step_within a b rest x y whole found) as (queue' & goes' & whole' & steps').
        rewrite steps' in steps. injection steps as <-.
        destruct (IH queue' after whole' runs) as (m & last & bound & decodes & settled_last & equal).
        exists (S (S m)), last. cbn [decode]. rewrite goes, goes'.
        repeat split; try lia; try assumption; apply settled_last.
  Qed.

  (** It decodes nothing else, and there always is a token that wins. *)
  Theorem decoding_goes_nowhere_else : forall m queue last, settled queue -> decode m queue = Some last ->
    reached (map symbol_of queue) last /\ decode_step last <> Undecided.
  Proof.
    intros m queue last whole runs.
    pose proof (reached_run m _ queue last (start_reached queue whole) runs) as come. split; [exact come|].
    pose proof (reached_step _ last come) as next. destruct (decode_step last); [discriminate|discriminate|contradiction].
  Qed.

  (** It halts where the Lag system halts, with the same queue. *)
  Theorem decoding_halts : forall queue, settled queue ->
    (exists m last, decode m queue = Some last /\ decode_step last = Halted) <-> halts rule (map symbol_of queue).
  Proof.
    intros queue whole. split.
    - intros (m & last & runs & stops).
      pose proof (reached_run m _ queue last (start_reached queue whole) runs) as come.
      pose proof (reached_step _ last come) as next. rewrite stops in next.
      destruct next as (n & final & comes & stuck & _). exists n, final. split; assumption.
    - intros (n & final & runs & stuck).
      destruct (decoding_follows n queue final whole runs) as (m & last & _ & decodes & settled_last & same).
      exists m, last. split; [exact decodes|]. pose proof (step_between last settled_last) as next.
      rewrite same, stuck in next. exact next.
  Qed.
End Decoding.
