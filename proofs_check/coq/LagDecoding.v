(** Decoding with a transformer that is right at every window of a Lag system: it is the system, for every queue and
    every number of steps. [LagWindows] says what the windows are, and what is evaluated of a transformer of one layer. *)

Require Import Bool List NArith Lia.
Import ListNotations.
Require Import Lag Transformer LagWindows.

Section Decoding.
  Variable T : transformer.
  Variable halt : N.
  Variable tokens symbols : list N.
  Variable symbol_of : N -> N.
  Variable more : N -> bool.
  Variable rule : N -> N -> option (list N).
  Variable first_of_two : N -> N.
  Hypothesis right : right_windows T halt tokens symbols symbol_of more rule first_of_two.

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
    cbn [map step]. unfold decode_step. rewrite (decoded right) by assumption. unfold expected.
    destruct (rule (symbol_of a) (symbol_of b)) as [appended|] eqn:found.
    - pose proof (appended_facts right a b appended in_a in_b found) as formed.
      destruct appended as [|x [|y [|]]]; try discriminate formed.
      + left. cbn in formed. apply among_in in formed. destruct (symbol_facts right x formed) as (in_x & other & last & same).
        apply N.eqb_neq in other. rewrite other, last. cbn [app tl]. eexists. split; [reflexivity|]. split.
        * split; [split|].
          -- constructor; [exact in_b|]. apply Forall_app. split; [exact all_rest|]. constructor; [exact in_x|constructor].
          -- cbn. rewrite app_length. cbn. lia.
          -- change (b :: rest ++ [x]) with ((b :: rest) ++ [x]). rewrite last_end. exact last.
        * cbn [map]. rewrite map_app. cbn [map]. rewrite same. reflexivity.
      + right. cbn [well_formed] in formed. rewrite !andb_true_iff in formed.
        destruct formed as [[[[in_x in_y] in_first] says_more] same]. apply among_in in in_first.
        destruct (token_facts right _ in_first) as [_ other]. apply N.eqb_neq in other. rewrite other, says_more.
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
    pose proof (appended_facts right a b _ in_a in_b found) as formed. cbn [well_formed] in formed.
    rewrite !andb_true_iff in formed. destruct formed as [[[[in_x in_y] in_first] says_more] same].
    apply among_in in in_x, in_y, in_first. apply N.eqb_eq in same.
    destruct (symbol_facts right y in_y) as (token_y & other & last_y & same_y). apply N.eqb_neq in other.
    unfold decode_step.
    change (a :: b :: rest ++ [first_of_two x]) with ((a :: b :: rest) ++ [first_of_two x]) at 1.
    rewrite last_end, (decoded_after_first right a b _ x y) by assumption. rewrite other, last_y.
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
