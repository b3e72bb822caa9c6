(** A prompt stands for its program: what [compiler/machines/ram/prompt.py] writes, and the machine after it. *)

Require Import ZArith List Bool Lia RamMachine RamTokens RamNumbers RamValues RamInstruction RamSimulation.
Import ListNotations.
Open Scope Z_scope.

Section Prompt.
  Variable l : layout.
  Local Notation B := (base l).
  Local Notation G := (groups_of_address l).
  Hypothesis base_least : 10 <= B.
  Hypothesis groups_least : (2 <= G)%nat.
  Local Notation load := (fold_left (take l)).

  Definition code (o : opcode) : nat :=
    match o with
    | ADD => 0 | SUB => 1 | MUL => 2 | QUO => 3 | REM => 4 | SHR => 5 | SHL => 6 | LOAD => 7 | STORE => 8 | JLT => 9
    | JGE => 10 | JEQ => 11 | JNE => 12 | JIN => 13 | JMP => 14 | CALL => 15 | RET => 16 | PUT => 17 | OUTI => 18
    | OUTC => 19 | HALT => 20
    end.

  Definition text_of (i : instruction) : list token :=
    [tok fOP (Z.of_nat (code (op i))) 0; tok fN (ix i) 0; tok fN (iy i) 0; tok fN (iz i) 0].

  (** The name of a place, then the groups of a number. *)
  Definition address_of (p : place) : list token :=
    match p with
    | Heap a => map (fun g => tok (fA 0) g 0) (low_groups l (G - 1) a) ++ [tok (fA 0) (a / B ^ Z.of_nat (G - 1)) 0]
    | Slot frame v => map (fun g => tok (fA 0) g 0) (v :: repeat 0 (G - 2)) ++ [tok fFRAME frame 0]
    end.
  Definition number_of (n : number) : list token :=
    map (fun g => tok fD g 0) (removelast (groups n)) ++ [tok fL (List.last (groups n) 0) (sign n)].
  Definition datum (d : place * number) : list token := address_of (fst d) ++ number_of (snd d).

  (** A jump of B * h + d instructions. *)
  Definition hop (h : Z * Z) : list token :=
    (if fst h =? 0 then [] else [tok fF (fst h) 0]) ++ [tok fJ (snd h) 0].
  Definition distance (hops : list (Z * Z)) : Z := fold_right (fun h rest => B * fst h + snd h + rest) 0 hops.

  Definition prompt (p : list instruction) (data : list (place * number)) (hops : list (Z * Z)) : list token :=
    tok fBOS 0 0 :: flat_map text_of p ++ [tok fJ 0 0] ++ flat_map datum data ++ flat_map hop hops.

  (* --------------------------------------------------------------------------------------------- the text *)

  Lemma loads_text : forall p m, exists words w, far w = far (under_way m) /\
    load (flat_map text_of p) m = make (program m ++ p) (memory m) (callers m) (depth m) (pc m) words w.
  Proof.
    induction p as [|i p IH]; intros m.
    - exists (text m), (under_way m). rewrite app_nil_r. split; [reflexivity|]. destruct m. reflexivity.
    - cbn [flat_map]. rewrite fold_left_app.
      assert (exists words w, far w = far (under_way m) /\
        load (text_of i) m = make (program m ++ [i]) (memory m) (callers m) (depth m) (pc m) words w) as (words & w & same & ->).
      { eexists. eexists. split; [|destruct i as [o a b c]; destruct o; reflexivity]. reflexivity. }
      destruct (IH (make (program m ++ [i]) (memory m) (callers m) (depth m) (pc m) words w)) as (words' & w' & same' & ->).
      exists words', w'. split; [rewrite same'; exact same|]. cbn [program memory callers depth pc]. rewrite <- app_assoc. reflexivity.
  Qed.

  (* ---------------------------------------------------------------------------------------------- the data *)

  Lemma loads_address : forall gs m w done, address_groups w = done -> (length done + length gs < G)%nat ->
    exists w', load (map (fun g => tok (fA 0) g 0) gs) (with_work m w) = with_work m w'
      /\ address_groups w' = done ++ gs /\ written_groups w' = written_groups w /\ target w' = target w.
  Proof.
    induction gs as [|g gs IH]; intros m w done so_far room.
    - exists w. rewrite app_nil_r. repeat split. exact so_far.
    - cbn [map fold_left]. cbn [length] in room.
      set (t := tok (fA 0) g 0). set (w1 := take_address l m (come w t) g false false).
      change (take l (with_work m w) t) with (with_work m w1).
      assert (w1 = addressed (come w t) (done ++ [g]) (x w) (target w)) as w1_is.
      { unfold w1, take_address. change (address_groups (come w t)) with (address_groups w). rewrite so_far.
        destruct (Nat.eqb_spec (S (length done)) G); [lia|]. destruct (Nat.ltb_spec (S (length done)) G); [|lia]. reflexivity. }
      rewrite w1_is. destruct (IH m (addressed (come w t) (done ++ [g]) (x w) (target w)) (done ++ [g])) as (w' & e & a & b & c).
      + reflexivity.
      + rewrite app_length. cbn. lia.
      + exists w'. split; [exact e|]. rewrite <- app_assoc in a. repeat split; assumption.
  Qed.

  Lemma loads_place : forall p m w, valid l p -> address_groups w = [] ->
    exists w', load (address_of p) (with_work m w) = with_work m w'
      /\ written_groups w' = written_groups w /\ target w' = name l p.
  Proof.
    intros p m w valid_p none.
    assert (forall gs t framed, length gs = (G - 1)%nat -> (fam t = fA 0 /\ framed = false) \/ (fam t = fFRAME /\ framed = true) ->
      exists w', load (map (fun g => tok (fA 0) g 0) gs ++ [t]) (with_work m w) = with_work m w'
        /\ written_groups w' = written_groups w
        /\ target w' = gs ++ [if negb framed then - value t else value t]) as general.
    { intros gs t framed count which. rewrite fold_left_app.
      destruct (loads_address gs m w [] none ltac:(cbn; lia)) as (w1 & -> & a & b & c). cbn [app] in a.
      exists (take_address l m (come w1 t) (value t) framed false). cbn [fold_left].
      assert (take_address l m (come w1 t) (value t) framed false
        = addressed (come w1 t) (gs ++ [if negb framed then - value t else value t]) (memory m (target w1))
            (gs ++ [if negb framed then - value t else value t])) as e.
      { unfold take_address. change (address_groups (come w1 t)) with (address_groups w1). rewrite a, count.
        replace (S (G - 1)) with G by lia. rewrite Nat.eqb_refl, Nat.ltb_irrefl. reflexivity. }
      split; [|rewrite e; split; [exact b|reflexivity]].
      unfold take. destruct which as [[f ->]|[f ->]]; rewrite f; reflexivity. }
    destruct p as [a|frame v]; cbn [address_of name].
    - apply (general (low_groups l (G - 1) a) (tok (fA 0) (a / B ^ Z.of_nat (G - 1)) 0) false); [|left; split; reflexivity].
      rewrite low_groups_digits by assumption. rewrite map_length, seq_length. reflexivity.
    - destruct (general (v :: repeat 0 (G - 2)) (tok fFRAME frame 0) true) as (w' & e & same & target_is);
        [cbn [length]; rewrite repeat_length; lia|right; split; reflexivity|].
      exists w'. repeat split; assumption.
  Qed.

  Lemma loads_groups : forall gs m w, exists w', load (map (fun g => tok fD g 0) gs) (with_work m w) = with_work m w'
    /\ written_groups w' = written_groups w ++ gs /\ target w' = target w.
  Proof.
    induction gs as [|g gs IH]; intros m w.
    - exists w. rewrite app_nil_r. repeat split.
    - cbn [map fold_left]. set (t := tok fD g 0). change (take l (with_work m w) t) with (with_work m (put l (come w t) g)).
      destruct (IH m (put l (come w t) g)) as (w' & e & a & b). exists w'. split; [exact e|]. split; [|exact b].
      rewrite a. cbn [put written_groups come]. rewrite <- app_assoc. reflexivity.
  Qed.

  Lemma loads_datum : forall p n v m s, valid l p -> holds l n v -> stands_for l m s -> ready l m ->
    let m' := load (datum (p, n)) m in
    stands_for l m' (at_state (counter s + 1) (calls s) (set (cells s) p v)) /\ ready l m' /\ program m' = program m.
  Proof.
    intros p n v m s valid_p held standing prepared. cbn zeta.
    assert (address_groups (under_way m) = [] /\ written_groups (under_way m) = []) as [none none'].
    { destruct prepared as (t & c & _ & ->). unfold fresh. destruct (instruction_at (program m) (pc m)); split; reflexivity. }
    assert (exists w t, ends (fam t) = true /\ load (datum (p, n)) m = store l (with_work m w) (name l p) n t) as (w & t & end_ & ->);
      [|apply stored; assumption].
    unfold datum. cbn [fst snd]. rewrite fold_left_app.
    replace (load (address_of p) m) with (load (address_of p) (with_work m (under_way m))) by (rewrite with_own_work; reflexivity).
    destruct (loads_place p m (under_way m) valid_p none) as (w1 & -> & same1 & target1).
    unfold number_of. rewrite fold_left_app. destruct (loads_groups (removelast (groups n)) m w1) as (w2 & -> & same2 & target2).
    cbn [fold_left]. set (t := tok fL (List.last (groups n) 0) (sign n)). exists w2, t. split; [reflexivity|].
    assert (groups n <> []) as some by (destruct held as (top & -> & _); discriminate).
    unfold take. cbn [fam t under_way with_work]. change (target (come w2 t)) with (target w2).
    change (written_groups (come w2 t)) with (written_groups w2). rewrite same2, same1, none', target2, target1. cbn [app].
    change (value t) with (List.last (groups n) 0). change (flag t) with (sign n).
    rewrite <- app_removelast_last by exact some. destruct n. reflexivity.
  Qed.

  Definition memory_of (data : list (place * Z)) (before : place -> Z) : place -> Z :=
    fold_left (fun cells d => set cells (fst d) (snd d)) data before.

  Lemma loads_data : forall data values m s, Forall2 (fun d v => valid l (fst d) /\ holds l (snd d) v) data values ->
    stands_for l m s -> ready l m ->
    let m' := load (flat_map datum data) m in
    stands_for l m' (at_state (counter s + Z.of_nat (length data)) (calls s) (memory_of (combine (map fst data) values) (cells s)))
      /\ ready l m' /\ program m' = program m.
  Proof.
    induction data as [|[p n] data IH]; intros values m s all standing prepared; inversion all as [|d v ds vs [valid_p held] rest]; subst.
    - cbn. rewrite Z.add_0_r. split; [|split; [exact prepared|reflexivity]]. destruct s. exact standing.
    - cbn [flat_map]. rewrite fold_left_app. destruct (loads_datum p n v m s valid_p held standing prepared) as (standing1 & prepared1 & same1).
      destruct (IH vs _ _ rest standing1 prepared1) as (standing2 & prepared2 & same2).
      split; [|split; [exact prepared2|rewrite same2; exact same1]].
      cbn [length counter calls cells] in standing2. cbn [length map fst combine memory_of fold_left snd].
      replace (counter s + Z.of_nat (S (length data))) with (counter s + 1 + Z.of_nat (length data)) by lia. exact standing2.
  Qed.

  (* ----------------------------------------------------------------------------------------------- the way *)

  Lemma goes_on : forall m s d t before, stands_for l m s -> ends (fam t) = true ->
    let m' := go l (with_work m before) d t in
    stands_for l m' (at_state (counter s + d) (calls s) (cells s)) /\ ready l m' /\ program m' = program m.
  Proof.
    intros m s d t before standing end_. cbn zeta. split; [constructor|split; [exists t, (target before); split; [exact end_|reflexivity]|reflexivity]].
    - cbn. rewrite (same_counter l m s standing). reflexivity.
    - exact (same_depth l m s standing).
    - exact (same_callers l m s standing).
    - exact (same_cells l m s standing).
  Qed.

  Lemma ready_near : forall m, ready l m -> far (under_way m) = 0.
  Proof. intros m (t & c & _ & ->). unfold fresh. destruct (instruction_at (program m) (pc m)); reflexivity. Qed.

  Lemma loads_hops : forall hops m s, stands_for l m s -> ready l m ->
    let m' := load (flat_map hop hops) m in
    stands_for l m' (at_state (counter s + distance hops) (calls s) (cells s)) /\ ready l m' /\ program m' = program m.
  Proof.
    induction hops as [|[h d] hops IH]; intros m s standing prepared.
    - cbn. rewrite Z.add_0_r. split; [|split; [exact prepared|reflexivity]]. destruct s. exact standing.
    - cbn [flat_map]. rewrite fold_left_app. pose proof (ready_near m prepared) as near.
      assert (exists before, load (hop (h, d)) m = go l (with_work m before) (B * h + d) (tok fJ d 0)) as (before & ->).
      { unfold hop. cbn [fst snd]. destruct (Z.eqb_spec h 0) as [-> |other]; cbn [app fold_left].
        - exists (under_way m). rewrite with_own_work. unfold take. cbn [fam value]. change (far (come (under_way m) (tok fJ d 0))) with (far (under_way m)).
          rewrite near. f_equal. ring.
        - exists (go_far (come (under_way m) (tok fF h 0)) (B * h)). reflexivity. }
      destruct (goes_on m s (B * h + d) (tok fJ d 0) before standing eq_refl) as (standing1 & prepared1 & same1).
      destruct (IH _ _ standing1 prepared1) as (standing2 & prepared2 & same2).
      split; [|split; [exact prepared2|rewrite same2; exact same1]].
      cbn [counter calls cells] in standing2. cbn [distance fold_right fst snd]. fold (distance hops).
      replace (counter s + (B * h + d + distance hops)) with (counter s + (B * h + d) + distance hops) by ring. exact standing2.
  Qed.

  (** After the prompt the machine is ready to run the program, from where the jumps lead, with the data in memory. *)
  Theorem prompt_stands : forall p data values hops,
    Forall2 (fun d v => valid l (fst d) /\ holds l (snd d) v) data values ->
    let m := load (prompt p data hops) (empty) in
    stands_for l m (at_state (Z.of_nat (length data) + distance hops) [] (memory_of (combine (map fst data) values) (fun _ => 0)))
      /\ ready l m /\ program m = p.
  Proof.
    intros p data values hops all. cbn zeta. unfold prompt. cbn [fold_left].
    set (m0 := take l empty (tok fBOS 0 0)). rewrite !fold_left_app.
    destruct (loads_text p m0) as (words & w & near & ->). cbn [fold_left].
    set (m1 := make _ _ _ _ _ words w). change (program m0 ++ p) with p in m1.
    assert (take l m1 (tok fJ 0 0) = go l (with_work m1 w) 0 (tok fJ 0 0)) as ->.
    { unfold take. cbn [fam value]. change (far (come (under_way m1) (tok fJ 0 0))) with (far w). rewrite near. reflexivity. }
    assert (stands_for l m1 (at_state 0 [] (fun _ => 0))) as standing1.
    { constructor; try reflexivity.
      - intros i less. cbn in less. lia.
      - intros q _. apply holds_zero. exact base_least. }
    destruct (goes_on m1 _ 0 (tok fJ 0 0) w standing1 eq_refl) as (standing2 & prepared2 & same2).
    destruct (loads_data data values _ _ all standing2 prepared2) as (standing3 & prepared3 & same3).
    destruct (loads_hops hops _ _ standing3 prepared3) as (standing4 & prepared4 & same4).
    split; [|split; [exact prepared4|]].
    - cbn [counter calls cells] in standing4. rewrite !Z.add_0_l in standing4. exact standing4.
    - rewrite same4, same3, same2. reflexivity.
  Qed.

  (** From a prompt on, for any number of instructions: what is decoded is the run of the program. *)
  Theorem decoding_runs_the_program : forall p data values hops count s events,
    well_formed l p ->
    Forall2 (fun d v => valid l (fst d) /\ holds l (snd d) v) data values ->
    run l p count (at_state (Z.of_nat (length data) + distance hops) [] (memory_of (combine (map fst data) values) (fun _ => 0)))
      = Some (s, events) ->
    exists readings m, emits l (load (prompt p data hops) empty) readings m /\ Forall2 (tells l) readings events
      /\ match step l p s with
         | Next _ _ => True
         | Halted => fam (next_token l m) = fHALT
         | Faulted => exists m', emits l m [] m' /\ fam (next_token l m') = fFAULT
         end.
  Proof.
    intros p data values hops count s events formed all runs.
    destruct (prompt_stands p data values hops all) as (standing & prepared & same).
    set (m0 := load (prompt p data hops) empty) in *. rewrite <- same in runs.
    destruct (simulates_runs l base_least groups_least count m0 _ s events standing prepared ltac:(rewrite same; exact formed) runs)
      as (readings & m & tokens & told & standing' & prepared' & same').
    exists readings, m. split; [exact tokens|]. split; [exact told|].
    pose proof (simulates l base_least groups_least m s standing' prepared' ltac:(rewrite same', same; exact formed)) as last_one.
    rewrite same', same in last_one. destruct (step l p s); [exact I|exact last_one|exact last_one].
  Qed.
End Prompt.
