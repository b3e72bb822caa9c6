"""The theorem about one fixed transformer that simulates every Turing machine over {0, 1}, as a file for Coq's kernel.

`coq/UniversalTuring.v` proves that a Lag system is universal, `coq/UniversalLag.v` (`lag_file`) that a transformer is
that system. The file written here names the symbols of the one by the tokens of the other.
"""

from __future__ import annotations

from compiler.machines.lag import machine
from compiler.machines.lag.universal import all_symbols, universal
from compiler.machines.lag.vocabulary import Token, Vocabulary
from interpreter.export.coq import items


def universal_file() -> str:
    """The whole file."""
    system = universal()
    tokens = Vocabulary(system)
    symbols = list(map(str, all_symbols()))
    place = {symbol: i for i, symbol in enumerate(symbols)}
    return _FILE.format(
        sha256=machine(system).weights.sha256(),
        numbers=items(tokens.number(Token(symbol)) for symbol in symbols),
        places=items((0, *(place[symbol] for symbol in system.symbols))),
    )


_FILE = """\
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
Definition numbers : list N := {numbers}%N.
Definition places : list nat := {places}.

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
  {{ intro s. pose proof tokens_of_symbols as all. rewrite forallb_forall in all.
    exact (among_in _ _ (proj1 (andb_prop _ _ (all s (symbol_listed s))))). }}
  unfold prompt, u_prompt, gathering. rewrite map_app. split; [split|].
  - apply Forall_app. split; [|constructor; [|constructor]].
    + apply Forall_map, Forall_forall. intros s _. exact (proj1 (symbol_facts right _ (is_symbol s))).
    + exact (proj1 (symbol_facts right _ (is_symbol End))).
  - rewrite app_length, map_length. unfold tape. cbn [length map]. rewrite app_length. cbn [length]. lia.
  - cbn [map]. rewrite last_last. exact (proj1 (proj2 (proj2 (symbol_facts right _ (is_symbol End))))).
Qed.

(** For every Turing machine over {{0, 1}}, with any number of states, and every configuration of it, there is a prompt
    such that decoding with the weights that have this SHA-256 comes through all configurations of the machine, and
    ends with the token [halt] if and only if the machine halts. *)
Theorem one_transformer_simulates_every_turing_machine_{sha256} :
  forall (states : nat) (delta : nat -> bool -> option (bool * move * nat)),
    (forall q s b m r, q < states -> delta q s = Some (b, m, r) -> r < states) ->
    forall d, control d < states ->
      (forall n e, turing_run false delta n d = Some e ->
        exists m last queue, n <= m /\\ decode m (prompt states delta d) = Some last
          /\\ map symbol_of last = map number queue /\\ lag_represents states delta queue e) /\\
      ((exists m last, decode m (prompt states delta d) = Some last /\\ decode_step last = Halted)
        <-> turing_halts _ _ false delta d).
Proof.
  intros states delta targets d less.
  destruct (decoding_is_the_lag_system_{sha256} (prompt states delta d)
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

Print Assumptions one_transformer_simulates_every_turing_machine_{sha256}.
"""
