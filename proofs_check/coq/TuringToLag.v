(** The Lag system of a Turing machine, [TuringMachine], simulates it step by step, and halts where it halts. *)

Require Import List Lia.
Import ListNotations.
Require Import Lag TuringMachine.

Section Turing.
  Variables state letter : Type.
  Variable blank : letter.
  Variable delta : state -> letter -> option (letter * move * state).

  Notation symbol := (symbol state letter).
  Notation configuration := (configuration state letter).
  Notation End := (@End state letter).
  Notation Edge := (@Edge state letter).
  Notation Cell := (@Cell state letter).
  Notation Head := (@Head state letter).
  Notation moved := (moved blank).
  Notation turing_step := (turing_step blank delta).
  Notation turing_run := (turing_run blank delta).
  Notation rule := (rule blank delta).

  (** * One turn of the queue *)

  Notation lag_run := (run rule).

  (** What the windows of [xs] write, where [z] stands after them. *)
  Fixpoint writes (xs : list symbol) (z : symbol) : option (list symbol) :=
    match xs with
    | [] => Some []
    | x :: rest =>
        match rule x (hd z rest), writes rest z with
        | Some first, Some others => Some (first ++ others)
        | _, _ => None
        end
    end.

  Lemma sweep : forall xs z rest written, writes xs z = Some written ->
    lag_run (length xs) (xs ++ z :: rest) = Some (z :: rest ++ written).
  Proof.
    induction xs as [|x xs IH]; intros z rest written all; cbn in all.
    - injection all as <-. cbn. rewrite app_nil_r. reflexivity.
    - destruct (rule x (hd z xs)) as [first|] eqn:found; [|discriminate].
      destruct (writes xs z) as [others|] eqn:tail; [|discriminate]. injection all as <-.
      change (length (x :: xs)) with (1 + length xs).
      apply run_add with (between := xs ++ z :: rest ++ first).
      + apply run_one. destruct xs as [|y xs]; cbn in *; rewrite found; [reflexivity|].
        rewrite <- app_assoc. reflexivity.
      + rewrite (IH z (rest ++ first) others tail). rewrite <- app_assoc. reflexivity.
  Qed.

  Lemma writes_app : forall xs y ys z before after,
    writes xs y = Some before -> writes (y :: ys) z = Some after -> writes (xs ++ y :: ys) z = Some (before ++ after).
  Proof.
    induction xs as [|x xs IH]; intros y ys z before after first second.
    - injection first as <-. exact second.
    - cbn in first. destruct (rule x (hd y xs)) as [here|] eqn:found; [|discriminate].
      destruct (writes xs y) as [others|] eqn:tail; [|discriminate]. injection first as <-.
      change ((x :: xs) ++ y :: ys) with (x :: (xs ++ y :: ys)). cbn [writes].
      replace (hd z (xs ++ y :: ys)) with (hd y xs) by (destruct xs; reflexivity).
      rewrite found, (IH y ys z others after tail second). rewrite <- app_assoc. reflexivity.
  Qed.

  (** Cells that no head comes to are copied: [Gather] writes the first symbols of the windows, … *)
  Lemma gather_cells : forall xs z, (forall x, rule (Cell Gather x) z = Some [Cell Shift x]) ->
    writes (cells Gather xs) z = Some (cells Shift xs).
  Proof.
    intros xs z quiet. induction xs as [|x xs IH]; [reflexivity|].
    change (writes (cells Gather (x :: xs)) z) with
      (match rule (Cell Gather x) (hd z (cells Gather xs)), writes (cells Gather xs) z with
       | Some first, Some others => Some (first ++ others) | _, _ => None end).
    replace (rule (Cell Gather x) (hd z (cells Gather xs))) with (Some [Cell Shift x]).
    - rewrite IH. reflexivity.
    - destruct xs; [symmetry; apply quiet | reflexivity].
  Qed.

  (** … and [Shift] the second ones, where [a] stands before the cells. *)
  Fixpoint last_of (a : symbol) (xs : list letter) : symbol :=
    match xs with [] => a | x :: rest => last_of (Cell Shift x) rest end.

  Lemma shift_cells : forall xs a z out, (forall y, rule a (Cell Shift y) = Some [Cell Gather y]) ->
    rule (last_of a xs) z = Some out -> writes (a :: cells Shift xs) z = Some (cells Gather xs ++ out).
  Proof.
    induction xs as [|x xs IH]; intros a z out quiet ends.
    - cbn in *. rewrite ends. rewrite app_nil_r. reflexivity.
    - change (writes (a :: cells Shift (x :: xs)) z) with
        (match rule a (Cell Shift x), writes (Cell Shift x :: cells Shift xs) z with
         | Some first, Some others => Some (first ++ others) | _, _ => None end).
      rewrite quiet, (IH (Cell Shift x) z out); [reflexivity | reflexivity | exact ends].
  Qed.

  Lemma last_of_cell : forall xs a, last_of a xs = a \/ exists x, last_of a xs = Cell Shift x.
  Proof.
    induction xs as [|x xs IH]; intro a; [left; reflexivity|]. cbn.
    destruct (IH (Cell Shift x)) as [same|[y other]]; right; eauto.
  Qed.

  (** [Gather] makes a move to the left and leaves one to the right to [Shift]. *)
  Definition gathered (c : configuration) : configuration :=
    match delta (control c) (scanned c) with
    | Some (written, MoveLeft, next) => moved c written MoveLeft next
    | _ => c
    end.

  Definition shifted (c : configuration) : configuration :=
    match delta (control c) (scanned c) with
    | Some (written, MoveRight, next) => moved c written MoveRight next
    | _ => c
    end.

  Definition live (c : configuration) : Prop := delta (control c) (scanned c) <> None.

  Lemma gather_head : forall q s xs, delta q s <> None ->
    writes (Head Gather q s :: cells Gather xs) End
      = Some (match delta q s with Some (w, MoveLeft, _) => Cell Shift w | _ => Head Shift q s end :: cells Shift xs).
  Proof.
    intros q s xs alive.
    change (writes (Head Gather q s :: cells Gather xs) End) with
      (match rule (Head Gather q s) (hd End (cells Gather xs)), writes (cells Gather xs) End with
       | Some first, Some others => Some (first ++ others) | _, _ => None end).
    rewrite gather_cells by reflexivity. unfold rule.
    destruct (delta q s) as [[[w []] next]|]; [| |congruence]; destruct xs; reflexivity.
  Qed.

  Lemma gather_writes : forall c, live c -> writes (tape Gather c) End = Some (tape Shift (gathered c)).
  Proof.
    intros [l q s r] alive. unfold tape, live, gathered in *. cbn [left control scanned right] in *.
    pose proof (gather_head q s r alive) as head.
    destruct (delta q s) as [[[w m] next]|] eqn:does; [|congruence]. destruct m.
    - destruct l as [|x l]; cbn [rev moved left right control scanned].
      + cbn [cells map app] in *.
        apply (writes_app [Edge Gather] (Head Gather q s) _ End [Edge Shift; Head Shift next blank]); [|exact head].
        cbn. unfold rule. rewrite does. reflexivity.
      + replace (Edge Gather :: cells Gather (rev l ++ [x]) ++ Head Gather q s :: cells Gather r)
          with ((Edge Gather :: cells Gather (rev l)) ++ Cell Gather x :: Head Gather q s :: cells Gather r)
          by (unfold cells; rewrite map_app; cbn; rewrite <- app_assoc; reflexivity).
        change (Edge Shift :: cells Shift (rev l) ++ Head Shift next x :: cells Shift (w :: r))
          with ((Edge Shift :: cells Shift (rev l)) ++ Head Shift next x :: Cell Shift w :: cells Shift r).
        apply writes_app.
        * cbn [writes]. rewrite gather_cells by reflexivity.
          replace (rule (Edge Gather) (hd (Cell Gather x) (cells Gather (rev l)))) with (Some [Edge Shift]);
            [reflexivity | destruct (rev l); reflexivity].
        * change (writes (Cell Gather x :: Head Gather q s :: cells Gather r) End) with
            (match rule (Cell Gather x) (Head Gather q s), writes (Head Gather q s :: cells Gather r) End with
             | Some first, Some others => Some (first ++ others) | _, _ => None end).
          rewrite head. unfold rule. rewrite does. reflexivity.
    - cbn [left control scanned right].
      apply (writes_app (Edge Gather :: cells Gather (rev l)) (Head Gather q s) _ End
               (Edge Shift :: cells Shift (rev l))); [|exact head].
      cbn [writes]. rewrite gather_cells by (intro; unfold rule; rewrite does; reflexivity).
      destruct (rev l); cbn; [unfold rule; rewrite does|]; reflexivity.
  Qed.

  Lemma shift_head : forall q s xs, delta q s <> None ->
    writes (Head Shift q s :: cells Shift xs) (Edge Gather)
      = Some (match delta q s, xs with
              | Some (_, MoveRight, next), y :: rest => Head Gather next y :: cells Gather rest
              | Some (_, MoveRight, next), [] => [Head Gather next blank]
              | _, _ => cells Gather xs
              end ++ [End]).
  Proof.
    intros q s xs alive. destruct (delta q s) as [[[w []] next]|] eqn:does; [| |congruence].
    - apply shift_cells; [intro y; unfold rule; rewrite does; reflexivity|].
      destruct (last_of_cell xs (Head Shift q s)) as [-> | [x ->]]; unfold rule; [rewrite does|]; reflexivity.
    - destruct xs as [|y xs].
      + cbn. unfold rule. rewrite does. reflexivity.
      + change (writes (Head Shift q s :: cells Shift (y :: xs)) (Edge Gather)) with
          (match rule (Head Shift q s) (Cell Shift y), writes (Cell Shift y :: cells Shift xs) (Edge Gather) with
           | Some first, Some others => Some (first ++ others) | _, _ => None end).
        rewrite (shift_cells xs (Cell Shift y) (Edge Gather) [End]).
        * unfold rule. rewrite does. reflexivity.
        * reflexivity.
        * destruct (last_of_cell xs (Cell Shift y)) as [-> | [x ->]]; reflexivity.
  Qed.

  Lemma shift_writes : forall c, live c ->
    writes (tape Shift c) (Edge Gather) = Some (skipn 1 (gathering (shifted c))).
  Proof.
    intros [l q s r] alive. unfold gathering, tape, live, shifted in *. cbn [left control scanned right] in *.
    pose proof (shift_head q s r alive) as head.
    change (Edge Shift :: cells Shift (rev l) ++ Head Shift q s :: cells Shift r)
      with ((Edge Shift :: cells Shift (rev l)) ++ Head Shift q s :: cells Shift r).
    destruct (delta q s) as [[[w m] next]|] eqn:does; [|congruence].
    assert (before : writes (Edge Shift :: cells Shift (rev l)) (Head Shift q s)
      = Some (cells Gather (rev l) ++ [match m with MoveRight => Cell Gather w | MoveLeft => Head Gather q s end])).
    { apply shift_cells; [reflexivity|].
      destruct (last_of_cell (rev l) (Edge Shift)) as [-> | [x ->]]; unfold rule; rewrite does; destruct m; reflexivity. }
    rewrite (writes_app _ _ _ _ _ _ before head). f_equal.
    destruct m; [|destruct r as [|y r]]; cbn [left control scanned right moved rev skipn app];
      unfold cells; rewrite ?map_app; cbn; rewrite <- ?app_assoc; reflexivity.
  Qed.

  Lemma gather_turn : forall c, live c -> exists n, lag_run (S n) (gathering c) = Some (shifting (gathered c)).
  Proof.
    intros c alive. exists (length (skipn 1 (tape Gather c))).
    exact (sweep (tape Gather c) End [] _ (gather_writes c alive)).
  Qed.

  Lemma shift_turn : forall c, live c -> exists n, lag_run (S n) (shifting c) = Some (gathering (shifted c)).
  Proof.
    intros c alive. exists (length (tape Shift c)). change (S ?n) with (1 + n).
    apply run_add with (between := tape Shift c ++ [Edge Gather]).
    - apply run_one. unfold shifting, tape. destruct c as [l q s r]. cbn. reflexivity.
    - rewrite (sweep (tape Shift c) (Edge Gather) [] _ (shift_writes c alive)). reflexivity.
  Qed.

  (** * The theorem *)

  (** Every step of the Turing machine is one or more steps of its Lag system. *)
  Theorem simulates_step : forall queue c next, represents queue c -> turing_step c = Some next ->
    exists n after, lag_run (S n) queue = Some after /\ represents after next.
  Proof.
    intros queue c next stands steps. unfold turing_step in steps.
    assert (alive : live c) by (unfold live; destruct (delta (control c) (scanned c)); congruence).
    destruct (gather_turn c alive) as [n gathers]. destruct (shift_turn c alive) as [m shifts].
    unfold gathered, shifted in *. destruct (delta (control c) (scanned c)) as [[[w []] q]|]; [| |discriminate];
      injection steps as <-; destruct stands as [-> | ->].
    - exists n. eexists. split; [exact gathers | right; reflexivity].
    - exists (m + S n). eexists. split; [|right; reflexivity].
      exact (run_add rule (S m) (S n) _ _ _ shifts gathers).
    - exists (n + S m). eexists. split; [|left; reflexivity].
      exact (run_add rule (S n) (S m) _ _ _ gathers shifts).
    - exists m. eexists. split; [exact shifts | left; reflexivity].
  Qed.

  (** The same for any number of steps. *)
  Theorem simulates_run : forall n queue c last, represents queue c -> turing_run n c = Some last ->
    exists m after, n <= m /\ lag_run m queue = Some after /\ represents after last.
  Proof.
    induction n as [|n IH]; intros queue c last stands ran; cbn in ran.
    - injection ran as <-. exists 0, queue. repeat split; [lia | exact stands].
    - destruct (turing_step c) as [next|] eqn:steps; [|discriminate].
      destruct (simulates_step queue c next stands steps) as (k & between & first & stands').
      destruct (IH between next last stands' ran) as (m & after & less & second & stands'').
      exists (S k + m), after. repeat split; [lia | | exact stands''].
      exact (run_add rule _ _ _ _ _ first second).
  Qed.

  Lemma stuck : forall xs x z rest written, writes xs x = Some written -> rule x z = None ->
    halts rule (xs ++ x :: z :: rest).
  Proof.
    intros xs x z rest written all none. exists (length xs), (x :: z :: rest ++ written).
    split; [exact (sweep xs x (z :: rest) written all) | cbn; rewrite none; reflexivity].
  Qed.

  Lemma halts_later : forall n queue after, lag_run n queue = Some after -> halts rule after -> halts rule queue.
  Proof.
    intros n queue after first (m & last & second & none). exists (n + m), last.
    split; [exact (run_add rule _ _ _ _ _ first second) | exact none].
  Qed.

  (** Where the Turing machine halts, so does its Lag system. *)
  Theorem halts_with : forall queue c, represents queue c -> turing_step c = None -> halts rule queue.
  Proof.
    intros queue [l q s r] stands none. unfold turing_step in none. cbn [control scanned] in none.
    destruct (delta q s) as [[[w m] next]|] eqn:does; [discriminate|]. destruct stands as [-> | ->].
    - unfold gathering, tape. cbn [left control scanned right]. destruct l as [|x l]; cbn [rev].
      + apply (stuck [] (Edge Gather) (Head Gather q s) (cells Gather r ++ [End]) []); [reflexivity|].
        unfold rule. rewrite does. reflexivity.
      + unfold cells. rewrite map_app. cbn [map].
        replace ((Edge Gather :: (map (Cell Gather) (rev l) ++ [Cell Gather x]) ++ Head Gather q s ::
                  map (Cell Gather) r) ++ [End])
          with ((Edge Gather :: cells Gather (rev l)) ++ Cell Gather x :: Head Gather q s ::
                (cells Gather r ++ [End])) by (cbn; rewrite <- ?app_assoc; reflexivity).
        apply (stuck _ _ _ _ (Edge Shift :: cells Shift (rev l))).
        * cbn [writes]. rewrite gather_cells by reflexivity.
          replace (rule (Edge Gather) (hd (Cell Gather x) (cells Gather (rev l)))) with (Some [Edge Shift]);
            [reflexivity | destruct (rev l); reflexivity].
        * unfold rule. rewrite does. reflexivity.
    - apply (halts_later 1 _ (tape Shift (At l q s r) ++ [Edge Gather])); [apply run_one; reflexivity|].
      unfold tape. cbn [left control scanned right]. destruct l as [|x l]; cbn [rev].
      + apply (stuck [] (Edge Shift) (Head Shift q s) (cells Shift r ++ [Edge Gather]) []); [reflexivity|].
        unfold rule. rewrite does. reflexivity.
      + unfold cells. rewrite map_app. cbn [map].
        replace ((Edge Shift :: (map (Cell Shift) (rev l) ++ [Cell Shift x]) ++ Head Shift q s ::
                  map (Cell Shift) r) ++ [Edge Gather])
          with ((Edge Shift :: cells Shift (rev l)) ++ Cell Shift x :: Head Shift q s ::
                (cells Shift r ++ [Edge Gather])) by (cbn; rewrite <- ?app_assoc; reflexivity).
        apply (stuck _ _ _ _ (cells Gather (rev l) ++ [Cell Gather x])).
        * apply shift_cells; [reflexivity|].
          destruct (last_of_cell (rev l) (Edge Shift)) as [-> | [y ->]]; reflexivity.
        * unfold rule. rewrite does. reflexivity.
  Qed.

  Definition turing_halts (c : configuration) : Prop := exists n last, turing_run n c = Some last /\ turing_step last = None.

  Lemma halted_before : forall n c, turing_run n c = None -> turing_halts c.
  Proof.
    induction n as [|n IH]; intros c none; cbn in none; [discriminate|].
    destruct (turing_step c) as [next|] eqn:steps.
    - destruct (IH next none) as (m & last & ran & stops). exists (S m), last. cbn. rewrite steps. auto.
    - exists 0, c. auto.
  Qed.

  (** On every input, the Lag system halts if and only if the Turing machine does. *)
  Theorem halts_iff : forall queue c, represents queue c -> halts rule queue <-> turing_halts c.
  Proof.
    intros queue c stands. split.
    - intros (k & last & ran & none). destruct (turing_run (S k) c) as [c'|] eqn:more;
        [exfalso | exact (halted_before _ _ more)].
      destruct (simulates_run (S k) queue c c' stands more) as (m & after & less & reached & _).
      rewrite (run_halted rule k queue last ran none m) in reached by lia. discriminate.
    - intros (n & last & ran & none).
      destruct (simulates_run n queue c last stands ran) as (m & after & _ & reached & stands').
      exact (halts_later m _ _ reached (halts_with _ _ stands' none)).
  Qed.
End Turing.
