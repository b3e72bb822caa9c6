(** Written by [proofs_check/kernel/universal.py]; do not edit. One fixed transformer simulates every Turing machine. *)

Require Import Bool List NArith Lia.
Import ListNotations.
Require Import Lag TuringMachine TuringToLag UniversalTuring LagWindows LagDecoding LagCircuit UniversalLag.

Notation u_symbol := (TuringMachine.symbol u_state u_letter).

(** * The symbols of the Lag system of [U], and their tokens *)

Definition letters : list u_letter := [Blank; O; Z; A; B; Pull; Semicolon; Begin; Finish; Here].

Definition control_states : list u_state :=
  [Seek; ToEnd; AtEnd; Skips; Does; Reads; PushO; DoneO; PushZ; DoneZ; LeftO; DoneA; LeftZ; DoneB; ToLeft; AtLeft;
   CarryO; CarryZ; ThenZ; DonePull; Rewind].

Definition all_symbols : list u_symbol :=
  [End; Edge Gather; Edge Shift] ++ flat_map (fun t => map (Cell t) letters) [Gather; Shift]
  ++ flat_map (fun t => flat_map (fun q => map (Head t q) letters) control_states) [Gather; Shift].

(** Where a symbol is in this list. *)
Definition letter_place (x : u_letter) : nat :=
  match x with Blank => 0 | O => 1 | Z => 2 | A => 3 | B => 4 | Pull => 5 | Semicolon => 6 | Begin => 7 | Finish => 8
  | Here => 9 end.
Definition state_place (q : u_state) : nat :=
  match q with Seek => 0 | ToEnd => 1 | AtEnd => 2 | Skips => 3 | Does => 4 | Reads => 5 | PushO => 6 | DoneO => 7
  | PushZ => 8 | DoneZ => 9 | LeftO => 10 | DoneA => 11 | LeftZ => 12 | DoneB => 13 | ToLeft => 14 | AtLeft => 15
  | CarryO => 16 | CarryZ => 17 | ThenZ => 18 | DonePull => 19 | Rewind => 20 end.
Definition turn_place (t : turn) : nat := match t with Gather => 0 | Shift => 1 end.
Definition symbol_place (s : u_symbol) : nat :=
  match s with
  | End => 0
  | Edge t => 1 + turn_place t
  | Cell t x => 3 + 10 * turn_place t + letter_place x
  | Head t q x => 23 + 210 * turn_place t + 10 * state_place q + letter_place x
  end.

(** The token of each, in this order; and where the symbol of each token is. *)
Definition numbers : list N := [363; 1; 3; 2; 4; 5; 6; 7; 8; 9; 10; 11; 12; 189; 190; 201; 212; 223; 234; 245; 256; 267; 278; 373; 13; 14; 15; 16; 17; 18; 19; 20; 374; 21; 23; 24; 25; 26; 27; 28; 29; 30; 375; 400; 31; 33; 401; 402; 403; 404; 405; 35; 406; 407; 36; 37; 38; 39; 40; 41; 42; 43; 44; 408; 45; 46; 47; 48; 49; 50; 51; 52; 53; 376; 54; 55; 56; 58; 60; 62; 377; 378; 379; 64; 66; 67; 68; 69; 70; 71; 72; 73; 380; 409; 74; 75; 76; 77; 78; 79; 80; 81; 82; 83; 85; 86; 87; 88; 89; 90; 91; 92; 381; 410; 93; 94; 95; 96; 97; 98; 99; 100; 101; 102; 103; 104; 105; 106; 107; 108; 109; 110; 411; 382; 111; 112; 113; 114; 115; 116; 117; 118; 119; 120; 121; 122; 123; 124; 125; 126; 127; 128; 412; 383; 129; 130; 131; 132; 133; 134; 135; 136; 137; 138; 139; 140; 141; 142; 143; 144; 145; 146; 413; 384; 147; 148; 385; 386; 387; 388; 149; 389; 390; 150; 152; 153; 154; 155; 156; 157; 158; 159; 160; 161; 162; 163; 164; 165; 166; 167; 168; 169; 170; 171; 391; 392; 393; 394; 395; 396; 397; 398; 399; 414; 172; 173; 174; 175; 176; 177; 178; 179; 180; 415; 181; 182; 183; 184; 185; 186; 187; 188; 416; 417; 289; 290; 291; 292; 293; 294; 295; 296; 418; 364; 297; 298; 299; 300; 301; 302; 303; 304; 419; 22; 191; 202; 213; 224; 235; 246; 257; 268; 279; 34; 193; 204; 215; 226; 237; 248; 259; 270; 281; 32; 192; 203; 214; 225; 236; 247; 258; 269; 280; 420; 305; 306; 365; 366; 367; 368; 421; 422; 423; 369; 307; 308; 309; 310; 311; 312; 313; 314; 424; 65; 198; 209; 220; 231; 242; 253; 264; 275; 286; 370; 315; 316; 317; 318; 319; 320; 321; 322; 425; 84; 199; 210; 221; 232; 243; 254; 265; 276; 287; 57; 194; 205; 216; 227; 238; 249; 260; 271; 282; 426; 323; 324; 325; 326; 327; 328; 329; 330; 331; 59; 195; 206; 217; 228; 239; 250; 261; 272; 283; 427; 332; 333; 334; 335; 336; 337; 338; 339; 340; 61; 196; 207; 218; 229; 240; 251; 262; 273; 284; 428; 341; 342; 429; 430; 431; 432; 343; 433; 434; 371; 344; 345; 346; 347; 348; 349; 350; 351; 352; 353; 354; 355; 356; 357; 358; 359; 360; 361; 362; 372; 435; 436; 437; 438; 439; 440; 441; 442; 443; 151; 200; 211; 222; 233; 244; 255; 266; 277; 288; 63; 197; 208; 219; 230; 241; 252; 263; 274; 285]%N.
Definition places : list nat := [0; 1; 3; 2; 4; 5; 6; 7; 8; 9; 10; 11; 12; 24; 25; 26; 27; 28; 29; 30; 31; 33; 253; 34; 35; 36; 37; 38; 39; 40; 41; 44; 273; 45; 263; 51; 54; 55; 56; 57; 58; 59; 60; 61; 62; 64; 65; 66; 67; 68; 69; 70; 71; 72; 74; 75; 76; 333; 77; 353; 78; 373; 79; 433; 83; 303; 84; 85; 86; 87; 88; 89; 90; 91; 94; 95; 96; 97; 98; 99; 100; 101; 102; 103; 323; 104; 105; 106; 107; 108; 109; 110; 111; 114; 115; 116; 117; 118; 119; 120; 121; 122; 123; 124; 125; 126; 127; 128; 129; 130; 131; 134; 135; 136; 137; 138; 139; 140; 141; 142; 143; 144; 145; 146; 147; 148; 149; 150; 151; 154; 155; 156; 157; 158; 159; 160; 161; 162; 163; 164; 165; 166; 167; 168; 169; 170; 171; 174; 175; 180; 183; 423; 184; 185; 186; 187; 188; 189; 190; 191; 192; 193; 194; 195; 196; 197; 198; 199; 200; 201; 202; 203; 214; 215; 216; 217; 218; 219; 220; 221; 222; 224; 225; 226; 227; 228; 229; 230; 231; 13; 14; 254; 274; 264; 334; 354; 374; 434; 304; 324; 424; 15; 255; 275; 265; 335; 355; 375; 435; 305; 325; 425; 16; 256; 276; 266; 336; 356; 376; 436; 306; 326; 426; 17; 257; 277; 267; 337; 357; 377; 437; 307; 327; 427; 18; 258; 278; 268; 338; 358; 378; 438; 308; 328; 428; 19; 259; 279; 269; 339; 359; 379; 439; 309; 329; 429; 20; 260; 280; 270; 340; 360; 380; 440; 310; 330; 430; 21; 261; 281; 271; 341; 361; 381; 441; 311; 331; 431; 22; 262; 282; 272; 342; 362; 382; 442; 312; 332; 432; 234; 235; 236; 237; 238; 239; 240; 241; 244; 245; 246; 247; 248; 249; 250; 251; 284; 285; 294; 295; 296; 297; 298; 299; 300; 301; 314; 315; 316; 317; 318; 319; 320; 321; 344; 345; 346; 347; 348; 349; 350; 351; 352; 364; 365; 366; 367; 368; 369; 370; 371; 372; 384; 385; 390; 394; 395; 396; 397; 398; 399; 400; 401; 402; 403; 404; 405; 406; 407; 408; 409; 410; 411; 412; 0; 243; 286; 287; 288; 289; 293; 313; 393; 413; 23; 32; 42; 73; 80; 81; 82; 92; 112; 133; 153; 173; 176; 177; 178; 179; 181; 182; 204; 205; 206; 207; 208; 209; 210; 211; 212; 43; 46; 47; 48; 49; 50; 52; 53; 63; 93; 113; 132; 152; 172; 213; 223; 232; 233; 242; 252; 283; 290; 291; 292; 302; 322; 343; 363; 383; 386; 387; 388; 389; 391; 392; 414; 415; 416; 417; 418; 419; 420; 421; 422].

Definition number (s : u_symbol) : N := nth (symbol_place s) numbers 0%N.
Definition named (token : N) : u_symbol := nth (nth (N.to_nat token) places 0) all_symbols End.

Lemma symbol_listed : forall s, In s all_symbols.
Proof.
  assert (forall x, In x letters) as all_letters by (intros []; cbn; tauto).
  assert (forall q, In q control_states) as all_states by (intros []; cbn; tauto).
  assert (forall t, In t [Gather; Shift]) as all_turns by (intros []; cbn; tauto).
  intros [|t|t x|t q x]; unfold all_symbols; apply in_or_app.
  - left. left. reflexivity.
  - left. destruct t; cbn; tauto.
  - right. apply in_or_app. left. apply in_flat_map. exists t. split; [apply all_turns|apply in_map, all_letters].
  - right. apply in_or_app. right. apply in_flat_map. exists t. split; [apply all_turns|].
    apply in_flat_map. exists q. split; [apply all_states|apply in_map, all_letters].
Qed.

(** * What the kernel compares *)

Lemma names : map (fun s => named (number s)) all_symbols = map (fun s => s) all_symbols.
Proof. vm_cast_no_check (eq_refl (map (fun s => s) all_symbols)). Qed.

Definition equal_lists (xs ys : list N) : bool := if list_eq_dec N.eq_dec xs ys then true else false.

Definition rule_written (s t : u_symbol) : bool :=
  match u_rule s t with
  | Some appended =>
      match rule (number s) (number t) with Some found => equal_lists found (map number appended) | None => false end
  | None => true
  end.

Lemma rules_written : forallb (fun s => forallb (rule_written s) all_symbols) all_symbols = true.
Proof. vm_cast_no_check (eq_refl true). Qed.

Lemma no_rule_more : forallb (fun row => match row with (a, b, _) =>
  match u_rule (named a) (named b) with Some _ => true | None => false end end) table = true.
Proof. vm_cast_no_check (eq_refl true). Qed.

Lemma tokens_of_symbols :
  forallb (fun s => among symbols (number s) && N.eqb (symbol_of (number s)) (number s)) all_symbols = true.
Proof. vm_cast_no_check (eq_refl true). Qed.

(** * The same system *)

Lemma named_number : forall s, named (number s) = s.
Proof.
  intro s. exact (Offsets.equal_in _ _ (fun s => named (number s)) (fun s => s) all_symbols s names (symbol_listed s)).
Qed.

(** From here on, tokens are what the lemmas say; without this line, Coq computes with the lists. *)
Opaque number named.

Lemma same_rule : forall s t, rule (number s) (number t) = option_map (map number) (u_rule s t).
Proof.
  intros s t. pose proof rules_written as all. rewrite forallb_forall in all. specialize (all s (symbol_listed s)).
  rewrite forallb_forall in all. specialize (all t (symbol_listed t)). unfold rule_written in all.
  destruct (u_rule s t) as [appended|] eqn:found; cbn [option_map].
  - destruct (rule (number s) (number t)) as [written|]; [|discriminate]. unfold equal_lists in all.
    destruct (list_eq_dec N.eq_dec written (map number appended)) as [->|]; [reflexivity|discriminate].
  - destruct (rule (number s) (number t)) as [written|] eqn:row; [|reflexivity]. exfalso.
    apply row_of in row. pose proof no_rule_more as more_rules. rewrite forallb_forall in more_rules.
    specialize (more_rules _ row).
    change (match u_rule (named (number s)) (named (number t)) with Some _ => true | None => false end = true)
      in more_rules.
    rewrite !named_number, found in more_rules. discriminate.
Qed.

Lemma same_step : forall queue, step rule (map number queue) = option_map (map number) (step u_rule queue).
Proof.
  intros [|s [|t rest]]; try reflexivity. cbn [map step]. rewrite same_rule.
  destruct (u_rule s t) as [appended|]; [|reflexivity]. cbn [option_map map]. rewrite map_app. reflexivity.
Qed.

Lemma same_run : forall n queue, run rule n (map number queue) = option_map (map number) (run u_rule n queue).
Proof.
  induction n as [|n IH]; intro queue; [reflexivity|]. cbn [run]. rewrite same_step.
  destruct (step u_rule queue); [apply IH|reflexivity].
Qed.

Lemma same_halts : forall queue, halts rule (map number queue) <-> halts u_rule queue.
Proof.
  intro queue. split; intros (n & last & ran & none).
  - rewrite same_run in ran. destruct (run u_rule n queue) as [last'|] eqn:comes; [|discriminate]. injection ran as <-.
    exists n, last'. split; [exact comes|]. rewrite same_step in none.
    destruct (step u_rule last'); [discriminate|reflexivity].
  - exists n, (map number last). rewrite same_run, ran, same_step, none. split; reflexivity.
Qed.

(** * The theorem *)

(** The prompt for a configuration of a Turing machine. *)
Definition prompt (states : nat) (delta : nat -> bool -> option (bool * move * nat)) (d : configuration nat bool)
    : list N :=
  map number (u_prompt states delta d).

Lemma symbols_of_numbers : forall queue, map symbol_of (map number queue) = map number queue.
Proof.
  intro queue. rewrite map_map. apply map_ext. intro s. pose proof tokens_of_symbols as all.
  rewrite forallb_forall in all. apply N.eqb_eq. exact (proj2 (andb_prop _ _ (all s (symbol_listed s)))).
Qed.

Lemma prompt_settled : forall states delta d, settled (prompt states delta d).
Proof.
  intros states delta d. assert (forall s, In (number s) symbols) as is_symbol.
  { intro s. pose proof tokens_of_symbols as all. rewrite forallb_forall in all.
    exact (among_in _ _ (proj1 (andb_prop _ _ (all s (symbol_listed s))))). }
  unfold prompt, u_prompt, gathering. rewrite map_app. split; [split|].
  - apply Forall_app. split; [|constructor; [|constructor]].
    + apply Forall_map, Forall_forall. intros s _. exact (proj1 (symbol_facts right _ (is_symbol s))).
    + exact (proj1 (symbol_facts right _ (is_symbol End))).
  - rewrite app_length, map_length. unfold tape. cbn [length map]. rewrite app_length. cbn [length]. lia.
  - cbn [map]. rewrite last_last. exact (proj1 (proj2 (proj2 (symbol_facts right _ (is_symbol End))))).
Qed.

(** For every Turing machine over {0, 1}, with any number of states, and every configuration of it, there is a prompt
    such that decoding with the weights that have this SHA-256 comes through all configurations of the machine, and
    ends with the token [halt] if and only if the machine halts. *)
Theorem one_transformer_simulates_every_turing_machine_6296c1841c3e8ac510cd8ac749c0cd9c8bacb48adcbfe7468a936c3fea1c0c1c :
  forall (states : nat) (delta : nat -> bool -> option (bool * move * nat)),
    (forall q s b m r, q < states -> delta q s = Some (b, m, r) -> r < states) ->
    forall d, control d < states ->
      (forall n e, turing_run false delta n d = Some e ->
        exists m last queue, n <= m /\ decode m (prompt states delta d) = Some last
          /\ map symbol_of last = map number queue /\ lag_represents states delta queue e) /\
      ((exists m last, decode m (prompt states delta d) = Some last /\ decode_step last = Halted)
        <-> turing_halts _ _ false delta d).
Proof.
  intros states delta targets d less.
  destruct (decoding_is_the_lag_system_6296c1841c3e8ac510cd8ac749c0cd9c8bacb48adcbfe7468a936c3fea1c0c1c (prompt states delta d)
    (prompt_settled states delta d)) as (follows & _ & halting).
  unfold prompt in follows, halting. rewrite symbols_of_numbers in follows, halting. split.
  - intros n e ran.
    destruct (universal_run states delta targets n d e less ran) as (m & queue & longer & comes & stands).
    assert (run rule m (map number (u_prompt states delta d)) = Some (map number queue)) as written
      by (rewrite same_run, comes; reflexivity).
    destruct (follows m (map number queue) written) as (k & last & bound & decodes & _ & same).
    exists k, last, queue. split; [lia|]. split; [exact decodes|]. split; [exact same|exact stands].
  - unfold prompt. rewrite halting, same_halts. exact (universal_halts states delta targets d less).
Qed.

Print Assumptions one_transformer_simulates_every_turing_machine_6296c1841c3e8ac510cd8ac749c0cd9c8bacb48adcbfe7468a936c3fea1c0c1c.
