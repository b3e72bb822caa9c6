(** A Turing machine [U] of ours that simulates every Turing machine over {0, 1}, and the proof.

    The tape of [U] is  left stack [ program ] right stack.  The left stack has the cells to the left of the simulated
    head, the right stack the scanned cell and those to its right; the tops of both are the outer ends of the tape, so
    that nothing is ever shifted. A cell 0 on the right stack is written O, a cell 1 is written O Z; on the left stack
    they are O and Z.

    The program has a section for each state q and symbol s, number 2q + s, and each begins with a semicolon. To find a
    section, [U] starts at the first one. At a semicolon it takes the top off the right stack: Z means to go on to the
    next section, O (or an empty stack, which is a blank cell) to carry this one out. So to go to the state r is to push
    2r times Z; the 1 of a scanned cell is one Z more. A section pushes what is written, O, Z on the right or A, B (a 0,
    a 1) on the left; [Pull] takes a cell off the left stack and pushes it on the right one. *)

Require Import List Lia Arith.
Import ListNotations.
Require Import Lag TuringMachine TuringToLag.

Inductive u_letter := Blank | O | Z | A | B | Pull | Semicolon | Begin | Finish | Here.

Inductive u_state :=
| Seek                        (* to the next semicolon *)
| ToEnd | AtEnd               (* to the top of the right stack, and take it off *)
| Skips | Does                (* back to the semicolon, to skip the section or to carry it out *)
| Reads                       (* an instruction *)
| PushO | DoneO | PushZ | DoneZ
| LeftO | DoneA | LeftZ | DoneB
| ToLeft | AtLeft | CarryO | CarryZ | ThenZ | DonePull
| Rewind.

(** What [U] passes on its way. *)
Definition inner (x : u_letter) : bool := match x with Blank | Here => false | _ => true end.

Definition pass (x : u_letter) (m : move) (q : u_state) : option (u_letter * move * u_state) :=
  if inner x then Some (x, m, q) else None.

Definition u_delta (q : u_state) (x : u_letter) : option (u_letter * move * u_state) :=
  match q, x with
  | Seek, Semicolon => Some (Here, MoveRight, ToEnd)
  | Seek, _ => pass x MoveRight Seek
  | ToEnd, Blank => Some (Blank, MoveLeft, AtEnd)
  | ToEnd, _ => pass x MoveRight ToEnd
  | AtEnd, O => Some (Blank, MoveLeft, Does)
  | AtEnd, Z => Some (Blank, MoveLeft, Skips)
  | AtEnd, Finish => Some (Finish, MoveLeft, Does)
  | AtEnd, _ => None
  | Skips, Here => Some (Semicolon, MoveRight, Seek)
  | Skips, _ => pass x MoveLeft Skips
  | Does, Here => Some (Semicolon, MoveRight, Reads)
  | Does, _ => pass x MoveLeft Does
  | Reads, O => Some (Here, MoveRight, PushO)
  | Reads, Z => Some (Here, MoveRight, PushZ)
  | Reads, A => Some (Here, MoveLeft, LeftO)
  | Reads, B => Some (Here, MoveLeft, LeftZ)
  | Reads, Pull => Some (Here, MoveLeft, ToLeft)
  | Reads, Semicolon => Some (Semicolon, MoveLeft, Rewind)
  | Reads, _ => None
  | PushO, Blank => Some (O, MoveLeft, DoneO)
  | PushO, _ => pass x MoveRight PushO
  | DoneO, Here => Some (O, MoveRight, Reads)
  | DoneO, _ => pass x MoveLeft DoneO
  | PushZ, Blank => Some (Z, MoveLeft, DoneZ)
  | PushZ, _ => pass x MoveRight PushZ
  | DoneZ, Here => Some (Z, MoveRight, Reads)
  | DoneZ, _ => pass x MoveLeft DoneZ
  | LeftO, Blank => Some (O, MoveRight, DoneA)
  | LeftO, _ => pass x MoveLeft LeftO
  | DoneA, Here => Some (A, MoveRight, Reads)
  | DoneA, _ => pass x MoveRight DoneA
  | LeftZ, Blank => Some (Z, MoveRight, DoneB)
  | LeftZ, _ => pass x MoveLeft LeftZ
  | DoneB, Here => Some (B, MoveRight, Reads)
  | DoneB, _ => pass x MoveRight DoneB
  | ToLeft, Blank => Some (Blank, MoveRight, AtLeft)
  | ToLeft, _ => pass x MoveLeft ToLeft
  | AtLeft, O => Some (Blank, MoveRight, CarryO)
  | AtLeft, Z => Some (Blank, MoveRight, CarryZ)
  | AtLeft, Begin => Some (Begin, MoveRight, CarryO)
  | AtLeft, _ => None
  | CarryO, Blank => Some (O, MoveLeft, DonePull)
  | CarryO, _ => Some (x, MoveRight, CarryO)
  | CarryZ, Blank => Some (O, MoveRight, ThenZ)
  | CarryZ, _ => Some (x, MoveRight, CarryZ)
  | ThenZ, Blank => Some (Z, MoveLeft, DonePull)
  | ThenZ, _ => None
  | DonePull, Here => Some (Pull, MoveRight, Reads)
  | DonePull, _ => pass x MoveLeft DonePull
  | Rewind, Begin => Some (Begin, MoveRight, Seek)
  | Rewind, _ => pass x MoveLeft Rewind
  end.

Notation u_configuration := (configuration u_state u_letter).
Notation u_step := (turing_step Blank u_delta).
Notation u_run := (turing_run Blank u_delta).

(** * One way of the head *)

(** The head at the first of the letters to its right, or at the first of those to its left. *)
Definition face (l : list u_letter) (q : u_state) (ys : list u_letter) : u_configuration :=
  match ys with [] => At l q Blank [] | y :: r => At l q y r end.

Definition back (l : list u_letter) (q : u_state) (ys : list u_letter) : u_configuration :=
  match l with [] => At [] q Blank ys | x :: l => At l q x ys end.

Definition leads (c d : u_configuration) : Prop := exists n, u_run n c = Some d.
Definition goes (c d : u_configuration) : Prop := exists n, u_run (S n) c = Some d.

Lemma run_app : forall m n c d e, u_run m c = Some d -> u_run n d = Some e -> u_run (m + n) c = Some e.
Proof.
  induction m as [|m IH]; intros n c d e one two; cbn in *; [injection one as <-; exact two|].
  destruct (u_step c) as [next|]; [|discriminate]. exact (IH n next d e one two).
Qed.

Lemma leads_refl : forall c, leads c c.
Proof. intro c. exists 0. reflexivity. Qed.

Lemma leads_trans : forall c d e, leads c d -> leads d e -> leads c e.
Proof. intros c d e [m one] [n two]. exists (m + n). exact (run_app m n c d e one two). Qed.

Lemma goes_trans : forall c d e, goes c d -> leads d e -> goes c e.
Proof. intros c d e [m one] [n two]. exists (m + n). exact (run_app (S m) n c d e one two). Qed.

Lemma leads_goes : forall c d e, leads c d -> goes d e -> goes c e.
Proof.
  intros c d e [m one] [n two]. exists (m + n). replace (S (m + n)) with (m + S n) by lia. exact (run_app m _ c d e one two).
Qed.

Lemma goes_leads : forall c d, goes c d -> leads c d.
Proof. intros c d [n ran]. exists (S n). exact ran. Qed.

Lemma right_step : forall l q x r y q', u_delta q x = Some (y, MoveRight, q') ->
  goes (face l q (x :: r)) (face (y :: l) q' r).
Proof.
  intros l q x r y q' does. exists 0. cbn. unfold turing_step. cbn [control scanned]. rewrite does.
  destruct r; reflexivity.
Qed.

Lemma left_step : forall l q x r y q', u_delta q x = Some (y, MoveLeft, q') ->
  goes (back (x :: l) q r) (back l q' (y :: r)).
Proof.
  intros l q x r y q' does. exists 0. cbn. unfold turing_step. cbn [control scanned]. rewrite does.
  destruct l; reflexivity.
Qed.

Lemma scan_right : forall xs l q ys, Forall (fun x => u_delta q x = Some (x, MoveRight, q)) xs ->
  leads (face l q (xs ++ ys)) (face (rev xs ++ l) q ys).
Proof.
  induction xs as [|x xs IH]; intros l q ys all; [apply leads_refl|]. inversion all; subst. cbn [rev app].
  eapply leads_trans; [apply goes_leads, right_step; eassumption|]. rewrite <- app_assoc. apply IH. assumption.
Qed.

Lemma scan_left : forall xs l q ys, Forall (fun x => u_delta q x = Some (x, MoveLeft, q)) xs ->
  leads (back (xs ++ l) q ys) (back l q (rev xs ++ ys)).
Proof.
  induction xs as [|x xs IH]; intros l q ys all; [apply leads_refl|]. inversion all; subst. cbn [rev app].
  eapply leads_trans; [apply goes_leads, left_step; eassumption|]. rewrite <- app_assoc. apply IH. assumption.
Qed.

Notation blanks := (repeat Blank).

Definition all_inner (xs : list u_letter) : Prop := Forall (fun x => inner x = true) xs.

Lemma inner_app : forall xs ys, all_inner xs -> all_inner ys -> all_inner (xs ++ ys).
Proof. intros xs ys one two. apply Forall_app. split; assumption. Qed.

Lemma inner_one : forall x, inner x = true -> all_inner [x].
Proof. intros x is. repeat constructor. exact is. Qed.

Lemma face_blanks : forall l q n, face l q (blanks n) = face l q (Blank :: blanks (pred n)).
Proof. intros l q [|n]; reflexivity. Qed.

Lemma back_blanks : forall q n r, back (blanks n) q r = back (Blank :: blanks (pred n)) q r.
Proof. intros q [|n] r; reflexivity. Qed.

Lemma passes : forall q m xs, all_inner xs -> (forall x, inner x = true -> u_delta q x = Some (x, m, q)) ->
  Forall (fun x => u_delta q x = Some (x, m, q)) xs.
Proof. intros q m xs all quiet. eapply Forall_impl; [|exact all]. exact quiet. Qed.

Ltac quiet := intros []; try discriminate; reflexivity.

Lemma all_inner_rev : forall xs, all_inner xs -> all_inner (rev xs).
Proof. intros xs all. apply Forall_rev. exact all. Qed.

(** Through letters that stay as they are, to the first blank on the right … *)
Lemma to_the_right : forall q l xs n, all_inner xs -> (forall x, inner x = true -> u_delta q x = Some (x, MoveRight, q)) ->
  leads (face l q (xs ++ blanks n)) (face (rev xs ++ l) q (Blank :: blanks (pred n))).
Proof. intros q l xs n all quiet. rewrite <- face_blanks. apply scan_right, (passes q MoveRight); assumption. Qed.

(** … or on the left, or back to the mark. *)
Lemma to_the_left : forall q xs m ys, all_inner xs -> (forall x, inner x = true -> u_delta q x = Some (x, MoveLeft, q)) ->
  leads (back (xs ++ blanks m) q ys) (back (Blank :: blanks (pred m)) q (rev xs ++ ys)).
Proof. intros q xs m ys all quiet. rewrite <- back_blanks. apply scan_left, (passes q MoveLeft); assumption. Qed.

Lemma back_to_here : forall q xs l ys, all_inner xs -> (forall x, inner x = true -> u_delta q x = Some (x, MoveLeft, q)) ->
  leads (back (rev xs ++ Here :: l) q ys) (back (Here :: l) q (xs ++ ys)).
Proof.
  intros q xs l ys all quiet. rewrite <- (rev_involutive xs) at 2. apply scan_left, (passes q MoveLeft); auto using all_inner_rev.
Qed.

Lemma back_is_face : forall l q x r, back (x :: l) q r = face l q (x :: r).
Proof. reflexivity. Qed.

(** * Instructions *)

Lemma push : forall x turn done, (x = O /\ turn = PushO /\ done = DoneO) \/ (x = Z /\ turn = PushZ /\ done = DoneZ) ->
  forall l w n, all_inner w ->
  goes (face l Reads (x :: w ++ blanks n)) (face (x :: l) Reads (w ++ x :: blanks (pred n))).
Proof.
  intros x turn done which l w n all.
  assert (u_delta Reads x = Some (Here, MoveRight, turn) /\ u_delta turn Blank = Some (x, MoveLeft, done)
    /\ u_delta done Here = Some (x, MoveRight, Reads)
    /\ (forall y, inner y = true -> u_delta turn y = Some (y, MoveRight, turn))
    /\ (forall y, inner y = true -> u_delta done y = Some (y, MoveLeft, done))) as (begins & turns & ends & quiet & quiet').
  { destruct which as [(-> & -> & ->)|(-> & -> & ->)]; repeat split; try reflexivity; quiet. }
  eapply goes_trans; [apply right_step; exact begins|].
  eapply leads_trans; [apply to_the_right; eassumption|].
  eapply leads_trans; [rewrite <- back_is_face; apply goes_leads, left_step; exact turns|].
  eapply leads_trans; [apply back_to_here; eassumption|].
  rewrite back_is_face. apply goes_leads, right_step. exact ends.
Qed.

Lemma push_left : forall x y turn done,
  (x = A /\ y = O /\ turn = LeftO /\ done = DoneA) \/ (x = B /\ y = Z /\ turn = LeftZ /\ done = DoneB) ->
  forall v m r, all_inner v ->
  goes (face (v ++ blanks m) Reads (x :: r)) (face (x :: v ++ y :: blanks (pred m)) Reads r).
Proof.
  intros x y turn done which v m r all.
  assert (u_delta Reads x = Some (Here, MoveLeft, turn) /\ u_delta turn Blank = Some (y, MoveRight, done)
    /\ u_delta done Here = Some (x, MoveRight, Reads)
    /\ (forall y, inner y = true -> u_delta turn y = Some (y, MoveLeft, turn))
    /\ (forall y, inner y = true -> u_delta done y = Some (y, MoveRight, done))) as (begins & turns & ends & quiet & quiet').
  { destruct which as [(-> & -> & -> & ->)|(-> & -> & -> & ->)]; repeat split; try reflexivity; quiet. }
  rewrite <- back_is_face. eapply goes_trans; [apply left_step; exact begins|].
  eapply leads_trans; [apply to_the_left; eassumption|].
  rewrite back_is_face. eapply leads_trans; [apply goes_leads, right_step; exact turns|].
  eapply leads_trans; [apply scan_right, (passes done MoveRight); [apply all_inner_rev; exact all|exact quiet']|].
  rewrite rev_involutive. apply goes_leads, right_step. exact ends.
Qed.

Definition code (b : bool) : list u_letter := if b then [O; Z] else [O].
Definition bit (b : bool) : u_letter := if b then Z else O.
Definition carries (b : bool) : u_state := if b then CarryZ else CarryO.

Lemma carry : forall b l v w n, all_inner v -> all_inner w -> exists n',
  leads (face l (carries b) (v ++ Here :: w ++ blanks n)) (face (Pull :: rev v ++ l) Reads (w ++ code b ++ blanks n')).
Proof.
  intros b l v w n all_v all_w.
  assert (leads (face l (carries b) (v ++ Here :: w ++ blanks n))
    (face (rev w ++ Here :: rev v ++ l) (carries b) (Blank :: blanks (pred n)))) as passed.
  { rewrite <- face_blanks. replace (v ++ Here :: w ++ blanks n) with ((v ++ Here :: w) ++ blanks n)
      by (rewrite <- app_assoc; reflexivity).
    replace (rev w ++ Here :: rev v ++ l) with (rev (v ++ Here :: w) ++ l)
      by (rewrite rev_app_distr; cbn; rewrite <- !app_assoc; reflexivity).
    apply scan_right. apply Forall_app. split; [|constructor].
    - apply (passes _ MoveRight v all_v). destruct b; quiet.
    - destruct b; reflexivity.
    - apply (passes _ MoveRight w all_w). destruct b; quiet. }
  destruct b; unfold carries, code in *.
  - exists (pred (pred n)). eapply leads_trans; [exact passed|].
    eapply leads_trans; [apply goes_leads, right_step; reflexivity|]. rewrite face_blanks, <- back_is_face.
    eapply leads_trans; [apply goes_leads, left_step; reflexivity|].
    replace (O :: rev w ++ Here :: rev v ++ l) with (rev (w ++ [O]) ++ Here :: rev v ++ l)
      by (rewrite rev_app_distr; reflexivity).
    eapply leads_trans; [apply back_to_here; [apply Forall_app; repeat constructor; exact all_w|quiet]|].
    rewrite <- app_assoc, back_is_face. apply goes_leads, right_step. reflexivity.
  - exists (pred n). eapply leads_trans; [exact passed|]. rewrite <- back_is_face.
    eapply leads_trans; [apply goes_leads, left_step; reflexivity|].
    eapply leads_trans; [apply back_to_here; [exact all_w|quiet]|].
    rewrite back_is_face. apply goes_leads, right_step. reflexivity.
Qed.

Lemma pull : forall b x y, u_delta AtLeft x = Some (y, MoveRight, carries b) -> inner x = true ->
  forall v m w n, all_inner v -> all_inner w -> exists m' n',
  goes (face (v ++ x :: blanks m) Reads (Pull :: w ++ blanks n))
       (face (Pull :: v ++ y :: blanks m') Reads (w ++ code b ++ blanks n')).
Proof.
  intros b x y does is_inner v m w n all_v all_w.
  destruct (carry b (y :: Blank :: blanks (pred m)) (rev v) w n (all_inner_rev v all_v) all_w) as [n' carried].
  exists (S (pred m)), n'. rewrite rev_involutive in carried.
  rewrite <- back_is_face. eapply goes_trans; [apply left_step; reflexivity|].
  replace (v ++ x :: blanks m) with ((v ++ [x]) ++ blanks m) by (rewrite <- app_assoc; reflexivity).
  eapply leads_trans; [apply to_the_left; [apply Forall_app; repeat constructor; assumption|quiet]|].
  rewrite back_is_face. eapply leads_trans; [apply goes_leads, right_step; reflexivity|].
  rewrite rev_app_distr. cbn [rev app].
  eapply leads_trans; [apply goes_leads, right_step; exact does|]. exact carried.
Qed.

Lemma take : forall x y turn after, u_delta AtEnd x = Some (y, MoveLeft, turn) -> inner x = true ->
  (turn = Skips /\ after = Seek) \/ (turn = Does /\ after = Reads) ->
  forall l w n, all_inner w -> exists n',
  goes (face l Seek (Semicolon :: w ++ x :: blanks n)) (face (Semicolon :: l) after (w ++ y :: blanks n')).
Proof.
  intros x y turn after does is_inner which l w n all. exists (S (pred n)).
  assert (u_delta turn Here = Some (Semicolon, MoveRight, after)
    /\ (forall z, inner z = true -> u_delta turn z = Some (z, MoveLeft, turn))) as [ends quiet'].
  { destruct which as [(-> & ->)|(-> & ->)]; split; try reflexivity; quiet. }
  eapply goes_trans; [apply right_step; reflexivity|].
  replace (w ++ x :: blanks n) with ((w ++ [x]) ++ blanks n) by (rewrite <- app_assoc; reflexivity).
  eapply leads_trans; [apply to_the_right; [apply Forall_app; repeat constructor; assumption|quiet]|].
  rewrite <- back_is_face, rev_app_distr. cbn [rev app].
  eapply leads_trans; [apply goes_leads, left_step; reflexivity|].
  eapply leads_trans; [apply goes_leads, left_step; exact does|].
  eapply leads_trans; [apply back_to_here; eassumption|].
  rewrite back_is_face. apply goes_leads, right_step. exact ends.
Qed.

Lemma push_many : forall k l w n, all_inner w -> exists n',
  leads (face l Reads (repeat Z k ++ w ++ blanks n)) (face (repeat Z k ++ l) Reads (w ++ repeat Z k ++ blanks n')).
Proof.
  induction k as [|k IH]; intros l w n all; [exists n; apply leads_refl|]. cbn [repeat app].
  destruct (IH (Z :: l) (w ++ [Z]) (pred n)) as [n' others]; [apply Forall_app; repeat constructor; exact all|].
  exists n'. eapply leads_trans.
  - rewrite app_assoc. apply goes_leads, (push Z PushZ DoneZ); [auto|]. apply Forall_app. split; [|exact all].
    apply Forall_forall. intros x among. apply repeat_spec in among as ->. reflexivity.
  - rewrite <- !app_assoc in *. cbn [app] in others.
    replace (Z :: repeat Z k ++ l) with (repeat Z k ++ Z :: l); [exact others|].
    change (Z :: l) with ([Z] ++ l). rewrite app_assoc, <- repeat_cons. reflexivity.
Qed.

Lemma rewind : forall v l r, all_inner v -> ~ In Begin v ->
  leads (face (v ++ Begin :: l) Reads (Semicolon :: r)) (face (Begin :: l) Seek (rev v ++ Semicolon :: r)).
Proof.
  intros v l r all none. rewrite <- back_is_face. eapply leads_trans; [apply goes_leads, left_step; reflexivity|].
  eapply leads_trans; [apply scan_left|].
  - apply Forall_forall. intros x among. unfold all_inner in all. rewrite Forall_forall in all. specialize (all x among).
    destruct x; try discriminate; try reflexivity. contradiction.
  - rewrite back_is_face. apply goes_leads, right_step. reflexivity.
Qed.

(** * Every Turing machine over {0, 1} as a program; 0 is its blank *)

Section Simulated.
  (** States are numbers below [states]. *)
  Variable states : nat.
  Variable delta : nat -> bool -> option (bool * move * nat).
  Hypothesis targets : forall q s b m r, q < states -> delta q s = Some (b, m, r) -> r < states.

  Definition body (q : nat) (s : bool) : list u_letter :=
    match delta q s with
    | Some (b, MoveRight, r) => (if b then B else A) :: repeat Z (2 * r)
    | Some (b, MoveLeft, r) => code b ++ Pull :: repeat Z (2 * r)
    | None => [Finish]
    end.

  Definition prog (sections : list (list u_letter)) : list u_letter := flat_map (cons Semicolon) sections.

  Definition sections : list (list u_letter) := flat_map (fun q => [body q false; body q true]) (seq 0 states).

  Definition program : list u_letter := prog sections ++ [Semicolon].

  Definition lefts (l : list bool) : list u_letter := rev (map bit l).
  Definition rights (r : list bool) : list u_letter := flat_map code (rev r).

  Definition simulated := configuration nat bool.

  (** The right stack of a scanned cell and those to its right; an empty one is blank. *)
  Definition stands (stack : list bool) (s : bool) (r : list bool) : Prop :=
    stack = s :: r \/ (stack = [] /\ s = false /\ r = []).

  Definition tape_of (l : list bool) (q : nat) (stack : list bool) (m n : nat) : u_configuration :=
    face (Begin :: lefts l ++ blanks m) Seek (program ++ Finish :: rights stack ++ repeat Z (2 * q) ++ blanks n).

  Definition u_represents (c : u_configuration) (d : simulated) : Prop :=
    exists stack m n, stands stack (scanned d) (right d) /\ c = tape_of (left d) (control d) stack m n.

  (** * Sections *)

  Lemma section_at : forall q s, q < states -> exists before after,
    sections = before ++ body q s :: after /\ length before = 2 * q + (if s then 1 else 0).
  Proof.
    intros q s less. unfold sections. replace states with (q + (1 + (states - q - 1))) by lia.
    rewrite seq_app, flat_map_app. cbn [seq flat_map Nat.add app].
    set (others := flat_map _ (seq (S q) _)). clearbody others. set (before := flat_map _ (seq 0 q)).
    assert (length before = 2 * q) as count.
    { unfold before. clear. assert (forall from, length (flat_map (fun q => [body q false; body q true]) (seq from q)) = 2 * q)
        as all; [|apply all]. induction q as [|q IH]; intro from; [reflexivity|]. cbn. rewrite IH. lia. }
    destruct s.
    - exists (before ++ [body q false]), others. rewrite <- app_assoc, app_length, count. split; reflexivity.
    - exists before, (body q true :: others). rewrite count, Nat.add_0_r. split; reflexivity.
  Qed.

  Definition quiet_letter (x : u_letter) : bool :=
    match x with Blank | Here | Semicolon | Begin => false | _ => true end.

  Definition all_quiet (xs : list u_letter) : Prop := Forall (fun x => quiet_letter x = true) xs.

  Lemma quiet_repeat : forall k, all_quiet (repeat Z k).
  Proof. intro k. apply Forall_forall. intros x among. apply repeat_spec in among as ->. reflexivity. Qed.

  Lemma quiet_body : forall q s, all_quiet (body q s).
  Proof.
    intros q s. unfold body. destruct (delta q s) as [[[[] []] r]|]; repeat constructor; apply quiet_repeat.
  Qed.

  Lemma quiet_sections : Forall all_quiet sections.
  Proof.
    apply Forall_forall. intros b among. unfold sections in among. apply in_flat_map in among as (q & _ & [<-|[<-|[]]]);
      apply quiet_body.
  Qed.

  Lemma quiet_inner : forall xs, all_quiet xs -> all_inner xs.
  Proof. intros xs all. eapply Forall_impl; [|exact all]. intros []; cbn; congruence. Qed.

  Lemma inner_prog : forall secs, Forall all_quiet secs -> all_inner (prog secs).
  Proof.
    intros secs all. induction all as [|s secs quiet' all IH]; [constructor|]. cbn. constructor; [reflexivity|].
    apply Forall_app. split; [apply quiet_inner; exact quiet'|exact IH].
  Qed.

  Lemma no_begin : forall secs, Forall all_quiet secs -> ~ In Begin (prog secs).
  Proof.
    intros secs all among. apply in_flat_map in among as (s & in_secs & [same|among]); [discriminate|].
    rewrite Forall_forall in all. specialize (all s in_secs). unfold all_quiet in all. rewrite Forall_forall in all.
    discriminate (all Begin among).
  Qed.

  Lemma inner_rights : forall r, all_inner (rights r).
  Proof.
    intro r. apply Forall_forall. intros x among. apply in_flat_map in among as ([] & _ & among);
      repeat destruct among as [<-|among]; try reflexivity; destruct among.
  Qed.

  Lemma inner_lefts : forall l, all_inner (lefts l).
  Proof. intro l. apply all_inner_rev, Forall_map, Forall_forall. intros [] _; reflexivity. Qed.

  Lemma inner_repeat : forall k, all_inner (repeat Z k).
  Proof. intro k. apply quiet_inner, quiet_repeat. Qed.

  (** Of each section that is passed, one Z is taken off. *)
  Lemma skip : forall before l w n, Forall all_quiet before -> all_inner w -> exists n',
    leads (face l Seek (prog before ++ w ++ repeat Z (length before) ++ blanks n))
          (face (rev (prog before) ++ l) Seek (w ++ blanks n')).
  Proof.
    induction before as [|s before IH]; intros l w n all all_w; [exists n; apply leads_refl|].
    inversion all as [|? ? quiet_s quiets]; subst. cbn [length repeat]. rewrite repeat_cons.
    set (inside := s ++ prog before ++ w ++ repeat Z (length before)).
    assert (all_inner inside) as all_inside.
    { unfold inside. auto 10 using inner_app, quiet_inner, inner_prog, inner_repeat. }
    destruct (take Z Blank Skips Seek eq_refl eq_refl (or_introl (conj eq_refl eq_refl)) l inside n all_inside) as [m taken].
    destruct (IH (rev s ++ Semicolon :: l) w (S m) quiets all_w) as [n' others]. exists n'.
    eapply leads_trans; [|eapply leads_trans; [apply goes_leads; exact taken|]].
    - cbn [prog flat_map]. unfold inside. rewrite <- ?app_assoc. cbn [app]. rewrite <- ?app_assoc. apply leads_refl.
    - unfold inside. rewrite <- !app_assoc. eapply leads_trans; [apply scan_right|].
      + eapply Forall_impl; [|exact quiet_s]. intros []; cbn; congruence.
      + cbn [prog flat_map]. cbn [rev app]. rewrite rev_app_distr, <- !app_assoc. cbn [app]. exact others.
  Qed.

  Lemma sections_split : forall before sec after, sections = before ++ sec :: after ->
    Forall all_quiet before /\ all_quiet sec /\ Forall all_quiet after.
  Proof.
    intros before sec after split. pose proof quiet_sections as all. rewrite split in all.
    apply Forall_app in all as [all_before all]. inversion all; subst. auto.
  Qed.

  (** [U] comes to the section of the state and the scanned symbol, which is off the stack then. *)
  Lemma find_section : forall l q s r stack m n, q < states -> stands stack s r -> exists before after n',
    program = (before ++ [Semicolon]) ++ body q s ++ Semicolon :: after /\
    all_inner before /\ ~ In Begin before /\ all_inner after /\
    goes (tape_of l q stack m n)
         (face (rev (before ++ [Semicolon]) ++ Begin :: lefts l ++ blanks m) Reads
               (body q s ++ Semicolon :: after ++ Finish :: rights r ++ blanks n')).
  Proof.
    intros l q s r stack m n less stand.
    destruct (section_at q s less) as (before & after & split & count).
    destruct (sections_split _ _ _ split) as (quiet_before & quiet_sec & quiet_after).
    assert (exists t, prog after ++ [Semicolon] = Semicolon :: t /\ all_inner t) as (t & ends & inner_t).
    { destruct after as [|a after]; [exists []; split; [reflexivity|constructor]|].
      exists (a ++ prog after ++ [Semicolon]). cbn. rewrite <- app_assoc. split; [reflexivity|].
      inversion quiet_after; subst. auto 10 using inner_app, inner_one, quiet_inner, inner_prog. }
    assert (program = prog before ++ Semicolon :: body q s ++ Semicolon :: t) as whole.
    { unfold program. rewrite split. unfold prog at 1. rewrite flat_map_app. cbn [flat_map]. fold (prog before) (prog after).
      rewrite <- ends, <- !app_assoc. cbn [app]. rewrite <- ?app_assoc. reflexivity. }
    set (v := body q s ++ Semicolon :: t ++ Finish :: rights r).
    assert (all_inner v) as inner_v.
    { apply Forall_app. split; [apply quiet_inner; exact quiet_sec|]. constructor; [reflexivity|].
      apply Forall_app. split; [exact inner_t|]. constructor; [reflexivity|apply inner_rights]. }
    assert (exists n', goes (tape_of l q stack m n)
      (face (Semicolon :: rev (prog before) ++ Begin :: lefts l ++ blanks m) Reads (v ++ blanks n'))) as [n' comes].
    { destruct stand as [->|(-> & -> & ->)].
      - destruct (skip before (Begin :: lefts l ++ blanks m) (Semicolon :: v ++ [O]) n quiet_before) as [n1 skipped].
        { constructor; [reflexivity|]. apply Forall_app. repeat constructor. exact inner_v. }
        destruct (take O Blank Does Reads eq_refl eq_refl (or_intror (conj eq_refl eq_refl))
          (rev (prog before) ++ Begin :: lefts l ++ blanks m) v n1 inner_v) as [n2 taken].
        exists (S n2). eapply leads_goes; [|exact taken].
        replace (tape_of l q (s :: r) m n) with (face (Begin :: lefts l ++ blanks m) Seek
          (prog before ++ (Semicolon :: v ++ [O]) ++ repeat Z (length before) ++ blanks n)).
        + eapply leads_trans; [exact skipped|]. cbn [app]. rewrite <- app_assoc. apply leads_refl.
        + unfold tape_of. f_equal. rewrite whole, count. unfold v, rights. cbn [rev]. rewrite flat_map_app. cbn [flat_map].
          rewrite app_nil_r. rewrite <- ?app_assoc. cbn [app]. rewrite <- ?app_assoc. cbn [app]. rewrite <- ?app_assoc.
          cbn [app]. rewrite <- ?app_assoc.
          destruct s; cbn [code app].
          * replace (2 * q + 1) with (S (2 * q)) by lia. reflexivity.
          * rewrite Nat.add_0_r. reflexivity.
      - destruct (skip before (Begin :: lefts l ++ blanks m) (Semicolon :: v) n quiet_before) as [n1 skipped].
        { constructor; [reflexivity|exact inner_v]. }
        set (u := body q false ++ Semicolon :: t).
        assert (all_inner u) as inner_u.
        { apply Forall_app. split; [apply quiet_inner; exact quiet_sec|]. constructor; [reflexivity|exact inner_t]. }
        assert (v = u ++ [Finish]) as v_is by (unfold v, u; rewrite <- app_assoc; reflexivity).
        destruct (take Finish Finish Does Reads eq_refl eq_refl (or_intror (conj eq_refl eq_refl))
          (rev (prog before) ++ Begin :: lefts l ++ blanks m) u n1 inner_u) as [n2 taken].
        exists n2. rewrite v_is, <- app_assoc. eapply leads_goes; [|exact taken].
        replace (tape_of l q [] m n) with (face (Begin :: lefts l ++ blanks m) Seek
          (prog before ++ (Semicolon :: v) ++ repeat Z (length before) ++ blanks n)).
        + eapply leads_trans; [exact skipped|]. rewrite v_is. cbn [app]. rewrite <- app_assoc. apply leads_refl.
        + unfold tape_of. f_equal. rewrite whole, count, Nat.add_0_r. unfold v, rights. cbn [rev flat_map app].
          rewrite <- ?app_assoc. cbn [app]. rewrite <- ?app_assoc. cbn [app]. rewrite <- ?app_assoc. reflexivity. }
    exists (prog before), t, n'. split; [|split; [|split; [|split]]].
    - rewrite whole, <- app_assoc. reflexivity.
    - apply inner_prog. exact quiet_before.
    - apply no_begin. exact quiet_before.
    - exact inner_t.
    - rewrite rev_app_distr. cbn [rev app]. unfold v in comes. rewrite <- ?app_assoc in comes. cbn [app] in comes.
      rewrite <- ?app_assoc in comes. exact comes.
  Qed.

  (** * One step *)

  Lemma lefts_cons : forall b l, lefts (b :: l) = lefts l ++ [bit b].
  Proof. reflexivity. Qed.

  Lemma rights_cons : forall b r, rights (b :: r) = rights r ++ code b.
  Proof. intros b r. unfold rights. cbn [rev]. rewrite flat_map_app. cbn. rewrite app_nil_r. reflexivity. Qed.

  Lemma rev_repeat : forall (x : u_letter) k, rev (repeat x k) = repeat x k.
  Proof. intros x k. induction k as [|k IH]; [reflexivity|]. cbn [repeat rev]. rewrite IH. symmetry. apply repeat_cons. Qed.

  (** What comes after the instructions of a section: the next state is pushed, and [U] goes back to the beginning. *)
  Lemma goes_on : forall before after done l r stack m n,
    program = (before ++ [Semicolon]) ++ (rev done ++ repeat Z (2 * r)) ++ Semicolon :: after ->
    all_inner before -> ~ In Begin before -> all_inner after -> all_quiet done -> exists n',
    leads (face (done ++ rev (before ++ [Semicolon]) ++ Begin :: lefts l ++ blanks m) Reads
                (repeat Z (2 * r) ++ Semicolon :: after ++ Finish :: rights stack ++ blanks n))
          (tape_of l r stack m n').
  Proof.
    intros before after done l r stack m n whole inner_before none inner_after quiet_done.
    set (w := Semicolon :: after ++ Finish :: rights stack).
    destruct (push_many (2 * r) (done ++ rev (before ++ [Semicolon]) ++ Begin :: lefts l ++ blanks m) w n) as [n' pushed].
    { constructor; [reflexivity|]. apply inner_app; [exact inner_after|]. constructor; [reflexivity|apply inner_rights]. }
    exists n'. unfold w in pushed. rewrite <- ?app_assoc in pushed. cbn [app] in pushed. rewrite <- ?app_assoc in pushed.
    cbn [app] in pushed. eapply leads_trans; [exact pushed|].
    set (v := repeat Z (2 * r) ++ done ++ rev (before ++ [Semicolon])).
    replace (repeat Z (2 * r) ++ done ++ rev (before ++ [Semicolon]) ++ Begin :: lefts l ++ blanks m)
      with (v ++ Begin :: lefts l ++ blanks m) by (unfold v; rewrite <- !app_assoc; reflexivity).
    eapply leads_trans; [apply rewind|].
    - unfold v. auto 10 using inner_app, inner_one, inner_repeat, quiet_inner, all_inner_rev.
    - unfold v. rewrite !in_app_iff, <- in_rev, in_app_iff. intros [among|[among|[among|[among|[]]]]]; try discriminate.
      + apply repeat_spec in among. discriminate.
      + unfold all_quiet in quiet_done. rewrite Forall_forall in quiet_done. discriminate (quiet_done _ among).
      + contradiction.
    - unfold tape_of. rewrite whole. unfold v. rewrite !rev_app_distr, !rev_involutive, rev_repeat.
      rewrite <- ?app_assoc. cbn [app]. rewrite <- ?app_assoc. cbn [rev app]. rewrite <- ?app_assoc. apply leads_refl.
  Qed.

  Lemma push_code : forall b l w n, all_inner w -> exists n',
    leads (face l Reads (code b ++ w ++ blanks n)) (face (rev (code b) ++ l) Reads (w ++ code b ++ blanks n')).
  Proof.
    intros b l w n all. destruct b; cbn [code rev app].
    - exists (pred (pred n)). eapply leads_trans.
      + apply goes_leads. change (O :: Z :: w ++ blanks n) with (O :: (Z :: w) ++ blanks n).
        apply (push O PushO DoneO); [auto|]. constructor; [reflexivity|exact all].
      + cbn [app]. replace (w ++ O :: blanks (pred n)) with ((w ++ [O]) ++ blanks (pred n))
          by (rewrite <- app_assoc; reflexivity).
        eapply leads_trans; [apply goes_leads, (push Z PushZ DoneZ); auto using inner_app, inner_one|].
        rewrite <- app_assoc. apply leads_refl.
    - exists (pred n). apply goes_leads, (push O PushO DoneO); auto.
  Qed.

  Notation step := (turing_step false delta).
  Notation run := (turing_run false delta).

  Theorem u_simulates_step : forall c d e, control d < states -> u_represents c d -> step d = Some e ->
    control e < states /\ exists c', goes c c' /\ u_represents c' e.
  Proof.
    intros c [l q s r] e less (stack & m & n & stand & ->) steps. cbn [control scanned right left] in *.
    destruct (find_section l q s r stack m n less stand) as (before & after & n1 & whole & inner_before & none & inner_after & found).
    unfold turing_step in steps. cbn [control scanned] in steps. unfold body in whole, found.
    destruct (delta q s) as [[[b way] next]|] eqn:does; [|discriminate]. injection steps as <-.
    split; [destruct way, l, r; exact (targets q s _ _ _ less does)|]. destruct way.
    - set (w := repeat Z (2 * next) ++ Semicolon :: after ++ Finish :: rights r).
      assert (all_inner w) as inner_w.
      { unfold w. apply inner_app; [apply inner_repeat|]. constructor; [reflexivity|]. apply inner_app; [exact inner_after|].
        constructor; [reflexivity|apply inner_rights]. }
      destruct (push_code b (rev (before ++ [Semicolon]) ++ Begin :: lefts l ++ blanks m) (Pull :: w) n1) as [n2 pushed].
      { constructor; [reflexivity|exact inner_w]. }
      set (a := hd false l). set (l' := tl l).
      assert (exists m' n3, goes
        (face (rev (code b) ++ rev (before ++ [Semicolon]) ++ Begin :: lefts l ++ blanks m) Reads
              (Pull :: w ++ code b ++ blanks n2))
        (face ((Pull :: rev (code b)) ++ rev (before ++ [Semicolon]) ++ Begin :: lefts l' ++ blanks m') Reads
              (w ++ code b ++ code a ++ blanks n3))) as (m' & n3 & pulled).
      { assert (all_inner (rev (code b) ++ rev (before ++ [Semicolon]))) as inner_v.
        { apply inner_app; apply all_inner_rev; [destruct b; repeat constructor|auto using inner_app, inner_one]. }
        assert (all_inner (w ++ code b)) as inner_wb by (apply inner_app; [exact inner_w|destruct b; repeat constructor]).
        unfold a, l'. destruct l as [|x l]; cbn [hd tl].
        - destruct (pull false Begin Begin eq_refl eq_refl _ m _ n2 inner_v inner_wb) as (m' & n3 & pulled).
          exists m', n3. cbn [lefts map rev app]. rewrite <- !app_assoc in pulled. exact pulled.
        - assert (all_inner ((rev (code b) ++ rev (before ++ [Semicolon])) ++ Begin :: lefts l)) as inner_vl.
          { apply inner_app; [exact inner_v|]. constructor; [reflexivity|apply inner_lefts]. }
          destruct (pull x (bit x) Blank) with (v := (rev (code b) ++ rev (before ++ [Semicolon])) ++ Begin :: lefts l)
            (m := m) (w := w ++ code b) (n := n2) as (m' & n3 & pulled); auto; try (destruct x; reflexivity).
          exists (S m'), n3. rewrite lefts_cons. rewrite <- ?app_assoc in *. cbn [app] in *. rewrite <- ?app_assoc in *.
          cbn [app] in *. exact pulled. }
      destruct (goes_on before after (Pull :: rev (code b)) l' next (a :: b :: r) m' n3) as [n4 ended]; auto.
      { rewrite whole. cbn [rev]. rewrite rev_involutive, <- !app_assoc. reflexivity. }
      { constructor; [reflexivity|]. destruct b; repeat constructor. }
      exists (tape_of l' next (a :: b :: r) m' n4). split.
      + eapply goes_trans; [exact found|]. eapply leads_trans.
        { rewrite <- ?app_assoc. cbn [app] in *. unfold w in pushed. rewrite <- ?app_assoc in pushed. cbn [app] in pushed.
          rewrite <- ?app_assoc in pushed. cbn [app] in pushed. exact pushed. }
        eapply leads_trans.
        { apply goes_leads. unfold w in pulled. rewrite <- ?app_assoc in pulled. cbn [app] in pulled.
          rewrite <- ?app_assoc in pulled. cbn [app] in pulled. rewrite <- ?app_assoc. cbn [app]. exact pulled. }
        rewrite !rights_cons, <- ?app_assoc in ended. cbn [app] in ended. rewrite <- ?app_assoc. cbn [app].
        rewrite <- ?app_assoc. exact ended.
      + exists (a :: b :: r), m', n4. unfold a, l'. destruct l as [|x l]; split; (left; reflexivity) || reflexivity.
    - set (w := repeat Z (2 * next) ++ Semicolon :: after ++ Finish :: rights r).
      assert (goes
        (face ((rev (before ++ [Semicolon]) ++ Begin :: lefts l) ++ blanks m) Reads ((if b then B else A) :: w ++ blanks n1))
        (face ((if b then B else A) :: (rev (before ++ [Semicolon]) ++ Begin :: lefts l) ++ bit b :: blanks (pred m)) Reads
              (w ++ blanks n1))) as pushed.
      { destruct b; [apply (push_left B Z LeftZ DoneB)|apply (push_left A O LeftO DoneA)]; auto;
          (apply inner_app; [apply all_inner_rev; auto using inner_app, inner_one|constructor; [reflexivity|apply inner_lefts]]). }
      destruct (goes_on before after [if b then B else A] (b :: l) next r (pred m) n1) as [n2 ended]; auto.
      { destruct b; repeat constructor. }
      exists (tape_of (b :: l) next r (pred m) n2). split.
      + eapply goes_trans; [exact found|]. eapply leads_trans.
        { apply goes_leads. unfold w in pushed. rewrite <- ?app_assoc in pushed. cbn [app] in pushed.
          rewrite <- ?app_assoc in pushed. cbn [app] in *. rewrite <- ?app_assoc in *. cbn [app] in *. exact pushed. }
        rewrite lefts_cons, <- ?app_assoc in ended. cbn [app] in ended. rewrite <- ?app_assoc. cbn [app].
        rewrite <- ?app_assoc. exact ended.
      + exists r, (pred m), n2. destruct r as [|y r]; (split; [|reflexivity]); [right; auto|left; reflexivity].
  Qed.

  (** * The theorem *)

  Theorem u_simulates_run : forall n c d e, control d < states -> u_represents c d -> run n d = Some e ->
    exists m c', n <= m /\ u_run m c = Some c' /\ u_represents c' e.
  Proof.
    induction n as [|n IH]; intros c d e less stand ran; cbn in ran.
    - injection ran as <-. exists 0, c. repeat split; [lia|exact stand].
    - destruct (step d) as [next|] eqn:steps; [|discriminate].
      destruct (u_simulates_step c d next less stand steps) as (less' & c1 & [k first] & stand').
      destruct (IH c1 next e less' stand' ran) as (m & c2 & more & second & stand2).
      exists (S k + m), c2. repeat split; [lia| |exact stand2]. exact (run_app (S k) m _ _ _ first second).
  Qed.

  (** Where the machine has no step, [U] comes to the end of the section, and has none. *)
  Lemma u_halts_with : forall c d, control d < states -> u_represents c d -> step d = None ->
    exists n last, u_run n c = Some last /\ u_step last = None.
  Proof.
    intros c [l q s r] less (stack & m & n & stand & ->) none. cbn [control scanned right left] in *.
    destruct (find_section l q s r stack m n less stand) as (before & after & n1 & _ & _ & _ & _ & [k found]).
    unfold turing_step in none. cbn [control scanned] in none. unfold body in found.
    destruct (delta q s) as [[[b way] next]|]; [discriminate|]. eexists. eexists. split; [exact found|]. reflexivity.
  Qed.

  Lemma u_run_halted : forall n c last, u_run n c = Some last -> u_step last = None -> forall m, n < m -> u_run m c = None.
  Proof.
    induction n as [|n IH]; intros c last ran stuck m less; (destruct m as [|m]; [lia|]); cbn in *.
    - injection ran as <-. rewrite stuck. reflexivity.
    - destruct (u_step c) as [next|]; [|reflexivity]. apply (IH next last ran stuck). lia.
  Qed.

  Theorem u_halts_iff : forall c d, control d < states -> u_represents c d ->
    turing_halts _ _ Blank u_delta c <-> turing_halts _ _ false delta d.
  Proof.
    intros c d less stand. split.
    - intros (k & last & ran & none). destruct (run (S k) d) as [e|] eqn:more.
      + destruct (u_simulates_run (S k) c d e less stand more) as (m & c' & longer & reached & _).
        rewrite (u_run_halted k c last ran none m) in reached by lia. discriminate.
      + exact (halted_before _ _ false delta _ _ more).
    - intros (n & last & ran & none).
      assert (control last < states) as less'.
      { clear none stand. revert d less ran. induction n as [|n IH]; intros d less ran; cbn in ran; [injection ran as <-; exact less|].
        destruct (step d) as [next|] eqn:steps; [|discriminate]. apply (IH next); [|exact ran].
        unfold turing_step in steps. destruct (delta (control d) (scanned d)) as [[[b way] r]|] eqn:does; [|discriminate].
        injection steps as <-. destruct way, d as [[|] ? ? [|]]; exact (targets _ _ _ _ _ less does). }
      destruct (u_simulates_run n c d last less stand ran) as (m & c' & _ & reached & stand').
      destruct (u_halts_with c' last less' stand' none) as (k & final & comes & stuck).
      exists (m + k), final. split; [exact (run_app m k _ _ _ reached comes)|exact stuck].
  Qed.

  (** * In one fixed Lag system *)

  Definition u_rule := rule Blank u_delta.

  (** The queue for a configuration of the simulated machine. *)
  Definition u_prompt (d : simulated) : list (symbol u_state u_letter) :=
    gathering (tape_of (left d) (control d) (scanned d :: right d) 0 0).

  Definition lag_represents (queue : list (symbol u_state u_letter)) (d : simulated) : Prop :=
    exists c, represents queue c /\ u_represents c d.

  Lemma prompt_represents : forall d, lag_represents (u_prompt d) d.
  Proof.
    intros [l q s r]. eexists. split; [left; reflexivity|]. exists (s :: r), 0, 0. split; [left|]; reflexivity.
  Qed.

  (** The Lag system of [U], the same for all machines, comes from the prompt through all configurations of the machine,
      in order, … *)
  Theorem universal_run : forall n d e, control d < states -> run n d = Some e ->
    exists m queue, n <= m /\ Lag.run u_rule m (u_prompt d) = Some queue /\ lag_represents queue e.
  Proof.
    intros n d e less ran. destruct (prompt_represents d) as (c & queue_stands & stands_d).
    destruct (u_simulates_run n c d e less stands_d ran) as (k & c' & more & reached & stands_e).
    destruct (simulates_run u_state u_letter Blank u_delta k (u_prompt d) c c' queue_stands reached)
      as (m & queue & more' & comes & queue_stands').
    exists m, queue. repeat split; [lia|exact comes|]. exists c'. split; assumption.
  Qed.

  (** … and halts if and only if the machine does. *)
  Theorem universal_halts : forall d, control d < states ->
    halts u_rule (u_prompt d) <-> turing_halts _ _ false delta d.
  Proof.
    intros d less. destruct (prompt_represents d) as (c & queue_stands & stands_d).
    rewrite <- (u_halts_iff c d less stands_d). exact (halts_iff u_state u_letter Blank u_delta (u_prompt d) c queue_stands).
  Qed.
End Simulated.

Print Assumptions universal_run.
Print Assumptions universal_halts.
