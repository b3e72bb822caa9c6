(** When decoding with a transformer of one layer and one head, in a sliding window of any size, is a Post machine: what
    has to be evaluated, and that it is enough.

    The newest token has the state, and the head brings the oldest one of the window, which has the first symbol of the
    queue ([compiler/machines/post/circuit.py]). The window is in the relative bias of the head, and nowhere else in the
    weights: it is a parameter here. *)

Require Import Arith Bool List PArith NArith Lia FMapPositive Floats.
Import ListNotations.
Require Import Post Transformer Offsets.

Section Decoding.
  (** * The transformer *)

  Variables embedding_rows positional_rows unembedding_rows head_values head_outputs : list row.
  Variable all_neurons : list neuron.

  (** Biases of [window + 1] distances: 0 at the oldest token of the window, -inf elsewhere. *)
  Definition oldest (window : nat) : head :=
    {| relative := repeat neg_infinity (window - 1) ++ [0; neg_infinity]%float;
       values := head_values; outputs := head_outputs |}.

  Definition layer_of (window : nat) : layer := {| heads := [oldest window]; neurons := all_neurons |}.

  Definition transformer_of (window : nat) : transformer :=
    {| embedding := embedding_rows; positional := positional_rows; layers := [layer_of window];
       unembedding := unembedding_rows |}.

  (** Tokens are numbers: [halt], and those that append a symbol, of which they name also the next state. *)
  Variable halt : N.
  Variable tokens : list N.
  Variables state_of symbol_of : N -> N.
  Variable token_of : N -> N -> N.
  Variable rule : N -> N -> option (N * N).

  (** * The loop around the transformer: the window moves on by one token *)

  Inductive outcome := Goes (seen : list N) | Halted | Undecided.

  Definition decode_step (window : nat) (seen : list N) : outcome :=
    match next_token (transformer_of window) seen with
    | Some token => if N.eqb token halt then Halted else Goes (tl (seen ++ [token]))
    | None => Undecided
    end.

  Fixpoint decode (window n : nat) (seen : list N) : option (list N) :=
    match n with
    | 0 => Some seen
    | S m => match decode_step window seen with Goes next => decode window m next | _ => None end
    end.

  (** What the tokens in the window stand for: the state of the last one, and the symbols of all. *)
  Definition configuration (seen : list N) : N * list N := (state_of (last seen halt), map symbol_of seen).

  (** * What is evaluated; the window does not matter for it *)

  Variables states symbols : list N.

  (** One token stands for all of a state, where it is the newest; and for all of a symbol, where it is the oldest. *)
  Variables some_of_state some_of_symbol : N -> N.

  Notation T := (transformer_of 1).
  Notation one := (layer_of 1).

  Definition newest (token : N) : list float := read_of T one token.

  Definition brought_by (token : N) : list float := weighted (oldest 1) 1 (plain T token).

  Hypothesis zeros_steady :
    map (fun token => map (terms T token) (heads one)) tokens =
    map (fun token => map (expected_terms T token) (heads one)) tokens.
  Hypothesis rows_read : rows_inside T one = true.
  Hypothesis placeless : no_position_read T one = true.

  Hypothesis alike_newest : map newest tokens = map (fun token => newest (some_of_state (state_of token))) tokens.
  Hypothesis alike_oldest : map brought_by tokens = map (fun token => brought_by (some_of_symbol (symbol_of token))) tokens.

  Definition expected (q a : N) : N := match rule q a with Some (b, r) => token_of b r | None => halt end.

  Definition right_at (q a : N) : bool :=
    match next_seen T one (fun _ => Some (some_of_symbol a)) (some_of_state q) with
    | Some token => N.eqb token (expected q a)
    | None => false
    end.

  Hypothesis all_right : forallb (fun q => forallb (right_at q) symbols) states = true.

  Definition among (numbers : list N) (x : N) : bool := existsb (N.eqb x) numbers.

  (** A rule appends a token that is one, and that stands for what the rule says. *)
  Definition well_formed_at (q a : N) : bool :=
    match rule q a with
    | Some (b, r) => let token := token_of b r in
        among tokens token && negb (N.eqb token halt) && N.eqb (symbol_of token) b && N.eqb (state_of token) r
    | None => true
    end.

  Hypothesis all_well_formed : forallb (fun q => forallb (well_formed_at q) symbols) states = true.
  Hypothesis tokens_named : forallb (fun token => among states (state_of token) && among symbols (symbol_of token)) tokens = true.

  (** * All windows of all sizes *)

  Lemma among_in : forall numbers x, among numbers x = true -> In x numbers.
  Proof.
    intros numbers x found. unfold among in found. apply existsb_exists in found as (y & inside & equal).
    apply N.eqb_eq in equal as ->. exact inside.
  Qed.

  Lemma everywhere : forall right : N -> N -> bool, forallb (fun q => forallb (right q) symbols) states = true ->
    forall newest oldest, In newest tokens -> In oldest tokens -> right (state_of newest) (symbol_of oldest) = true.
  Proof.
    intros right all x y in_x in_y. rewrite forallb_forall in all. pose proof tokens_named as named.
    rewrite forallb_forall in named.
    pose proof (all _ (among_in _ _ (proj1 (andb_prop _ _ (named x in_x))))) as row. rewrite forallb_forall in row.
    exact (row _ (among_in _ _ (proj2 (andb_prop _ _ (named y in_y))))).
  Qed.

  Lemma oldest_looks_back : forall window h, In h (heads (layer_of window)) -> looks_back h (window - 1).
  Proof. intros window h [<-|[]]. apply looks_back_by with (after := 0). reflexivity. Qed.

  (** The newest and the oldest token decide. Tokens before the window, if it is shown any, do not. *)
  Lemma decoded : forall window earlier first others, 1 <= window -> length (first :: others) = window ->
    Forall (fun token => In token tokens) (earlier ++ first :: others) ->
    next_token (transformer_of window) (earlier ++ first :: others) =
    Some (expected (state_of (last (first :: others) halt)) (symbol_of first)).
  Proof.
    intros window earlier first others some long all.
    destruct (exists_last (l := first :: others)) as (front & newest_token & split); [discriminate|].
    rewrite split in *. rewrite app_assoc in *. rewrite last_last.
    rewrite (next_is_seen (transformer_of window) (layer_of window) eq_refl (fun _ => window - 1)
      (oldest_looks_back window) tokens zeros_steady rows_read placeless) by exact all.
    assert (In first tokens) as in_first.
    { rewrite Forall_forall in all. apply all. rewrite <- app_assoc, <- split. apply in_or_app. right. left. reflexivity. }
    assert (In newest_token tokens) as in_newest.
    { rewrite Forall_forall in all. apply all. apply in_or_app. right. left. reflexivity. }
    replace (nth_error (rev ((earlier ++ front) ++ [newest_token])) (window - 1)) with (Some first).
    2:{ rewrite <- app_assoc, <- split, rev_app_distr. cbn [rev]. rewrite <- app_assoc.
        assert (length (rev others) = window - 1) as count.
        { rewrite rev_length. apply (f_equal (@length N)) in split. rewrite long in split. cbn in split. lia. }
        rewrite nth_error_app2 by lia. rewrite count, Nat.sub_diag. reflexivity. }
    change (next_seen (transformer_of window) (layer_of window)) with (next_seen T (layer_of window)).
    pose proof (everywhere right_at all_right newest_token first in_newest in_first) as right. unfold right_at in right.
    transitivity (next_seen T one (fun _ => Some (some_of_symbol (symbol_of first)))
                                  (some_of_state (state_of newest_token))).
    - change (next_seen T (layer_of window) (fun _ => Some first) newest_token) with
        (next_seen T one (fun _ => Some first) newest_token).
      apply next_of_alike; [exact rows_read| |].
      + exact (equal_in _ _ newest _ tokens newest_token alike_newest in_newest).
      + intros h [<-|[]]. unfold brought_of. f_equal. exact (equal_in _ _ brought_by _ tokens first alike_oldest in_first).
    - destruct (next_seen T one _ _) as [token|]; [|discriminate]. apply N.eqb_eq in right as ->. reflexivity.
  Qed.

  (** * All queues of all sizes, and all numbers of steps *)

  (** A window of this size, full of tokens. *)
  Definition full (window : nat) (seen : list N) : Prop :=
    1 <= window /\ length seen = window /\ Forall (fun token => In token tokens) seen.

  (** One token is one step; it wins everywhere, and is [halt] where the machine halts. *)
  Lemma decode_step_is : forall window seen, full window seen ->
    match post_step rule (configuration seen) with
    | Some after => exists next, decode_step window seen = Goes next /\ full window next /\ configuration next = after
    | None => decode_step window seen = Halted
    end.
  Proof.
    intros window [|first others] (some & long & all); [cbn in long; lia|].
    unfold decode_step. pose proof (decoded window [] first others some long all) as says. cbn [app] in says. rewrite says.
    assert (In (last (first :: others) halt) tokens /\ In first tokens) as [in_last in_first].
    { rewrite Forall_forall in all. split; apply all; [|left; reflexivity].
      rewrite (app_removelast_last halt) at 2 by discriminate. apply in_or_app. right. left. reflexivity. }
    pose proof (everywhere well_formed_at all_well_formed _ first in_last in_first) as formed.
    unfold configuration. cbn [map post_step]. unfold expected. unfold well_formed_at in formed.
    destruct (rule (state_of (last (first :: others) halt)) (symbol_of first)) as [[b r]|]; [|rewrite N.eqb_refl; reflexivity].
    cbv zeta in formed. rewrite !andb_true_iff, negb_true_iff, !N.eqb_eq in formed.
    destruct formed as [[[is_token other] symbol] next_state]. rewrite other. cbn [app tl].
    exists (others ++ [token_of b r]). split; [reflexivity|]. split; [split; [exact some|split]|].
    - rewrite app_length, <- long. cbn. lia.
    - inversion all; subst. apply Forall_app. split; [assumption|]. repeat constructor. apply among_in. exact is_token.
    - rewrite last_last, map_app. cbn [map]. rewrite symbol, next_state. reflexivity.
  Qed.

  (** Decoding in a window of any size is the Post machine on its queue, for any number of steps. *)
  Theorem decoding_is_the_post_machine : forall window n seen, full window seen ->
    match post_run rule n (configuration seen) with
    | Some after => exists last, decode window n seen = Some last /\ full window last /\ configuration last = after
    | None => decode window n seen = None
    end.
  Proof.
    induction n as [|n IH]; intros seen whole; cbn [post_run decode]; [eauto|].
    pose proof (decode_step_is window seen whole) as next. destruct (post_step rule (configuration seen)) as [after|].
    - destruct next as (next & -> & whole' & <-). exact (IH next whole').
    - rewrite next. reflexivity.
  Qed.

  (** Decoding ends with [halt] if and only if the machine halts. *)
  Theorem decoding_halts : forall window seen, full window seen ->
    (exists n last, decode window n seen = Some last /\ decode_step window last = Halted)
      <-> post_halts rule (configuration seen).
  Proof.
    intros window seen whole. split; intros (n & last & runs & stops);
      pose proof (decoding_is_the_post_machine window n seen whole) as same.
    - destruct (post_run rule n (configuration seen)) as [after|] eqn:comes; [|congruence].
      destruct same as (last' & runs' & whole' & here). rewrite runs in runs'. injection runs' as <-.
      exists n, after. split; [exact comes|]. pose proof (decode_step_is window last whole') as step. rewrite here in step.
      destruct (post_step rule after); [|reflexivity]. destruct step as (? & goes & _). congruence.
    - rewrite runs in same. destruct same as (last' & runs' & whole' & here). exists n, last'. split; [exact runs'|].
      pose proof (decode_step_is window last' whole') as step. rewrite here, stops in step. exact step.
  Qed.

  (** A sliding window hides nothing: with all of the trace in view, the next token is the same. *)
  Theorem window_hides_nothing : forall window earlier seen, full window seen ->
    Forall (fun token => In token tokens) earlier ->
    next_token (transformer_of window) (earlier ++ seen) = next_token (transformer_of window) seen.
  Proof.
    intros window earlier [|first others] (some & long & all) all_earlier; [cbn in long; lia|].
    rewrite (decoded window earlier) by (try apply Forall_app; auto). symmetry.
    exact (decoded window [] first others some long all).
  Qed.

  Hypothesis every_pair_is_a_token :
    forallb (fun q => forallb (fun a => let token := token_of a q in
      among tokens token && N.eqb (symbol_of token) a && N.eqb (state_of token) q) symbols) states = true.

  (** Every configuration of the machine has a prompt. *)
  Theorem every_configuration_has_a_prompt : forall q queue, In q states -> Forall (fun a => In a symbols) queue ->
    1 <= length queue ->
    full (length queue) (map (fun a => token_of a q) queue) /\
    configuration (map (fun a => token_of a q) queue) = (q, queue).
  Proof.
    intros q queue in_q all some. pose proof every_pair_is_a_token as pairs. rewrite forallb_forall in pairs.
    specialize (pairs q in_q). rewrite forallb_forall in pairs. rewrite Forall_forall in all.
    assert (forall a, In a queue -> In (token_of a q) tokens /\ symbol_of (token_of a q) = a /\ state_of (token_of a q) = q) as facts.
    { intros a here. specialize (pairs a (all a here)). cbv zeta in pairs. rewrite !andb_true_iff, !N.eqb_eq in pairs.
      destruct pairs as [[is_token symbol] state]. auto using among_in. }
    split; [split; [exact some|split; [apply map_length|]]|].
    - apply Forall_map, Forall_forall. intros a here. exact (proj1 (facts a here)).
    - unfold configuration. f_equal.
      + destruct (exists_last (l := queue)) as (front & a & ->); [destruct queue; [cbn in some; lia|discriminate]|].
        rewrite map_app. cbn [map]. rewrite last_last. apply facts. apply in_or_app. right. left. reflexivity.
      + rewrite map_map. rewrite <- (map_id queue) at 2. apply map_ext_in. intros a here. apply facts. exact here.
  Qed.
End Decoding.
