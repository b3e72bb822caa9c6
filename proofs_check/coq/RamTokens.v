(** The token-level specification of the RAM, transcribed from [compiler/machines/ram/rules.py] and [semantics.py].

    The state is a function of the tokens so far ([take]), the next token a function of the state ([next_token]). *)

Require Import ZArith List Bool RamMachine.
Import ListNotations.
Open Scope Z_scope.

Inductive family :=
  | fBOS | fSAME | fHALT | fFAULT | fOP | fN | fA (group : nat) | fR (group : nat) | fFRAME
  | fD | fL | fT | fK | fQ | fH | fJ | fCALL | fRET | fF | fINT | fCHAR.

Record token := tok { fam : family; value : Z; flag : Z }.

(** Little-endian groups and a sign, 0 or 1, that says what all further groups are. *)
Record number := num { groups : list Z; sign : Z }.

Definition cell := list Z.
Definition cell_eq_dec : forall a b : cell, {a = b} + {a <> b} := list_eq_dec Z.eq_dec.

(** What is known of the instruction under way. [significant]: for each sign, index and group of the highest group
    written that is not all that sign. *)
Record work := working {
  last_token : token; instr : option instruction; x : number; y : number;
  target : cell; written_groups : list Z; address_groups : list Z; far : Z;
  written : nat; rows : nat; carried : Z; digits : nat -> Z; significant : Z -> nat * Z }.

Record machine := make {
  program : list instruction; memory : cell -> number; callers : Z -> Z; depth : Z; pc : Z; text : list Z;
  under_way : work }.

Definition ends (f : family) : bool :=
  match f with fL | fT | fINT | fCHAR | fJ | fCALL | fRET => true | _ => false end.
Definition stops (f : family) : bool := match f with fHALT | fFAULT => true | _ => false end.
Definition carries (f : family) : bool := match f with fK | fH => true | _ => false end.

Definition zero : number := num [0] 0.

Definition opcodes : list opcode :=
  [ADD; SUB; MUL; QUO; REM; SHR; SHL; LOAD; STORE; JLT; JGE; JEQ; JNE; JIN; JMP; CALL; RET; PUT; OUTI; OUTC; HALT].

Section Tokens.
  Variable l : layout.
  Local Notation B := (base l).
  Local Notation G := (groups_of_address l).

  Definition top (n : number) : nat := (length (groups n) - 1)%nat.
  Definition get (n : number) (i : nat) : Z := nth i (groups n) (sign n * (B - 1)).

  (** The name of a place, a point: the heap lies below zero in the last coordinate, frames above it. *)
  Fixpoint low_groups (count : nat) (a : Z) : list Z :=
    match count with 0%nat => [] | S n => a mod B :: low_groups n (a / B) end.
  Definition name (p : place) : cell :=
    match p with
    | Heap a => low_groups (G - 1) a ++ [- (a / B ^ Z.of_nat (G - 1))]
    | Slot frame v => v :: repeat 0 (G - 2) ++ [frame]
    end.

  Definition cell_of (depth operand : Z) : cell :=
    let middle := repeat 0 (G - 2) in
    if operand <? first_local l then operand :: middle ++ [0]
    else if operand <? first_next l then operand :: middle ++ [1 + depth]
    else (operand - first_next l + first_local l) :: middle ++ [2 + depth].

  (* ------------------------------------------------------------------------------------------ the next token *)

  Definition begins (w : work) : bool := ends (fam (last_token w)).
  Definition fault : token := tok fFAULT 0 0.

  Definition last (w : work) (rest : Z) : token :=
    let s := if rest <? 0 then 1 else 0 in
    if (written w =? 0)%nat || negb ((rest =? 0) || (rest =? -1)) then tok fL (rest + B * s) s
    else tok fT (snd (significant w s)) s.

  Definition copied (w : work) (group : Z) (over : bool) : token :=
    if over then last w (group - B * sign (x w)) else tok fD group 0.

  Definition sum (w : work) (group signs first : Z) : token :=
    let i := written w in
    let total := get (x w) i + group + (if begins w then first else flag (last_token w)) in
    let rest := total - B * signs in
    if (top (x w) <=? i)%nat && (top (y w) <=? i)%nat && (- B <=? rest) && (rest <? B) then last w rest
    else let carry := if B <=? total then 1 else 0 in tok fD (total - B * carry) carry.

  Definition multiply (w : work) : token :=
    let i := written w in
    let g := get (y w) 0 in
    match fam (last_token w) with
    | fK =>
        let total := get (x w) i * g + carried w in
        if (i =? top (x w))%nat && (value (last_token w) =? 0) && (sign (x w) =? 0) then last w total
        else tok fD (total - B * value (last_token w)) 0
    | _ =>
        if (i <=? top (x w))%nat then tok fK ((get (x w) i * g + carried w) / B) 0
        else last w (carried w - sign (x w) * g)
    end.

  Definition divide (remainder : bool) (w : work) : token :=
    let d := get (y w) 0 in
    let t := top (x w) in
    match fam (last_token w) with
    | fD => copied w (digits w (written w)) (written w =? t)%nat
    | fQ =>
        let before := if (1 <? rows w)%nat then carried w else sign (x w) * (d - 1) in
        let rest := B * before + get (x w) (t + 1 - rows w) - value (last_token w) * d in
        tok (if (rows w <=? t)%nat then fH else fL) rest 0
    | _ =>
        if begins w && (d =? 0) then fault
        else
          let before := if begins w then sign (x w) * (d - 1) else value (last_token w) in
          let digit := (B * before + get (x w) (t - rows w)) / d in
          if remainder || (rows w <? t)%nat then tok fQ digit 0
          else if (0 <? t)%nat then tok fD digit 0 else tok fL digit (sign (x w))
    end.

  Definition load_or_store (w : work) (family_of : nat -> family) : token :=
    let i := length (address_groups w) in
    if (i =? G)%nat then copied w (get (x w) (written w)) (written w =? top (x w))%nat
    else
      let total := get (x w) i + get (y w) i + (if begins w then 0 else flag (last_token w)) in
      if (i <? G - 1)%nat then
        let carry := if B <=? total then 1 else 0 in tok (family_of i) (total - B * carry) carry
      else
        let rest := total - B * (sign (x w) + sign (y w)) in
        if (G <=? top (x w))%nat || (G <=? top (y w))%nat || negb ((0 <=? rest) && (rest <? B)) then fault
        else tok (family_of i) rest 0.

  Definition compare (taken : Z -> bool) (offset : Z) (w : work) : token :=
    let i := (top (x w) - rows w)%nat in
    let jump order := tok fJ (if taken order then offset - B / 2 else 1) 0 in
    if begins w && negb (sign (x w) =? sign (y w)) then jump (sign (y w) - sign (x w))
    else if begins w && negb (top (x w) =? top (y w))%nat then
      jump ((Z.of_nat (top (x w)) - Z.of_nat (top (y w))) * (1 - 2 * sign (x w)))
    else
      let order := get (x w) i - get (y w) i in
      if (order =? 0) && (0 <? i)%nat then tok fSAME 0 0 else jump order.

  Definition jump (w : work) (f : family) (distance : Z) : token :=
    match fam (last_token w) with
    | fF => tok f (distance - B * value (last_token w)) 0
    | _ =>
        if (- B <? distance) && (distance <? B) then tok f distance 0
        else tok fF (- ((B - 2 * distance) / (2 * B))) 0
    end.

  Definition output (w : work) (f : family) (s : Z) : token :=
    if (written w <? top (x w))%nat then tok fD (get (x w) (written w)) 0 else tok f (get (x w) (written w)) s.

  Definition next_token (m : machine) : token :=
    let w := under_way m in
    match instr w with
    | None => fault
    | Some i =>
        let there := B * iy i + iz i - pc m in
        match op i with
        | ADD => sum w (get (y w) (written w)) (sign (x w) + sign (y w)) 0
        | SUB => sum w (B - 1 - get (y w) (written w)) (sign (x w) + 1 - sign (y w)) 1
        | MUL => multiply w
        | QUO => divide false w
        | REM => divide true w
        | SHR => copied w (get (x w) (written w + 1)) (top (x w) - 1 <=? written w)%nat
        | SHL => if begins w then tok fD (get (y w) 0) 0
                 else copied w (get (x w) (written w - 1)) (top (x w) <? written w)%nat
        | LOAD => load_or_store w fR
        | STORE => load_or_store w fA
        | JLT => compare (fun order => order <? 0) (iz i) w
        | JGE => compare (fun order => 0 <=? order) (iz i) w
        | JEQ => compare (fun order => order =? 0) (iz i) w
        | JNE => compare (fun order => negb (order =? 0)) (iz i) w
        | JIN => compare (fun order => (order <? 0) && (sign (x w) =? 0)) (iz i) w
        | JMP => jump w fJ there
        | CALL => if max_depth l <=? depth m then fault else jump w fCALL there
        | RET => if depth m =? 0 then fault else jump w fRET (callers m (1 + depth m) + 1 - pc m)
        | PUT => tok fCHAR (iz i) 0
        | OUTI => output w fINT (sign (x w))
        | OUTC => output w fCHAR 0
        | HALT => tok fHALT 0 0
        end
    end.

  (* ------------------------------------------------------------------------- the state after one more token *)

  Definition with_work (m : machine) (w : work) : machine :=
    make (program m) (memory m) (callers m) (depth m) (pc m) (text m) w.

  (** Begins the instruction at this distance. *)
  Definition fresh (m : machine) (t : token) (before : cell) : work :=
    match instruction_at (program m) (pc m) with
    | None => working t None zero zero before [] [] 0 0 0 0 (fun _ => 0) (fun _ => (0%nat, 0))
    | Some i =>
        working t (Some i) (memory m (cell_of (depth m) (ix i))) (memory m (cell_of (depth m) (iy i)))
          (cell_of (depth m) (iz i)) [] [] 0 0 0 0 (fun _ => 0) (fun _ => (0%nat, 0))
    end.
  Definition go (m : machine) (distance : Z) (t : token) : machine :=
    let m' := make (program m) (memory m) (callers m) (depth m) (pc m + distance) (text m) (under_way m) in
    with_work m' (fresh m' t (target (under_way m))).

  Definition update {A : Type} (f : Z -> A) (k : Z) (v : A) : Z -> A := fun j => if j =? k then v else f j.

  Definition store (m : machine) (c : cell) (n : number) (t : token) : machine :=
    go (make (program m) (fun d => if cell_eq_dec d c then n else memory m d) (callers m) (depth m) (pc m) (text m)
          (under_way m)) 1 t.

  (** The part of a token's effect that lies in the instruction under way. *)
  Definition put (w : work) (v : Z) : work :=
    working (last_token w) (instr w) (x w) (y w) (target w) (written_groups w ++ [v]) (address_groups w) (far w)
      (S (written w)) (rows w) (carried w) (digits w)
      (fun s => if (written w =? 0)%nat || negb (v =? s * (B - 1)) then (written w, v) else significant w s).
  Definition come (w : work) (t : token) : work :=
    working t (instr w) (x w) (y w) (target w) (written_groups w) (address_groups w) (far w) (written w) (rows w)
      (if carries (fam (last_token w)) then value (last_token w) else carried w) (digits w) (significant w).
  Definition next_row (w : work) (found : nat -> Z) : work :=
    working (last_token w) (instr w) (x w) (y w) (target w) (written_groups w) (address_groups w) (far w) (written w)
      (S (rows w)) (carried w) found (significant w).
  Definition go_far (w : work) (distance : Z) : work :=
    working (last_token w) (instr w) (x w) (y w) (target w) (written_groups w) (address_groups w) distance (written w)
      (rows w) (carried w) (digits w) (significant w).
  Definition addressed (w : work) (groups : list Z) (x' : number) (target' : cell) : work :=
    working (last_token w) (instr w) x' (y w) target' (written_groups w) groups (far w) (written w)
      (rows w) (carried w) (digits w) (significant w).

  (** An address group. After the last one, x is what LOAD and STORE copy, and STORE has its target. *)
  Definition take_address (m : machine) (w : work) (v : Z) (framed reads : bool) : work :=
    let count := S (length (address_groups w)) in
    let groups := address_groups w ++ [if (count =? G)%nat && negb framed then - v else v] in
    if (count <? G)%nat then addressed w groups (x w) (target w)
    else if reads then addressed w groups (memory m groups) (target w)
    else addressed w groups (memory m (target w)) groups.

  Definition read_text (m : machine) (w : work) (words : list Z) : machine :=
    match words with
    | [code; a; b; c] =>
        make (program m ++ [instruct (nth (Z.to_nat code) opcodes HALT) a b c]) (memory m) (callers m) (depth m) (pc m)
          words w
    | _ => make (program m) (memory m) (callers m) (depth m) (pc m) words w
    end.

  Definition take (m : machine) (t : token) : machine :=
    let w := come (under_way m) t in
    let v := value t in
    match fam t with
    | fD => with_work m (put w v)
    | fL => store m (target w) (num (written_groups w ++ [v]) (flag t)) t
    | fT => store m (target w) (num (firstn (S (fst (significant w (flag t)))) (written_groups w)) (flag t)) t
    | fJ => go m (far w + v) t
    | fSAME => with_work m (next_row w (digits w))
    | fQ => with_work m (next_row w
              (fun i => if (i =? top (x w) - rows w)%nat then v else digits w i))
    | fINT | fCHAR => go m 1 t
    | fF => with_work m (go_far w (B * v))
    | fCALL => go (make (program m) (memory m) (update (callers m) (2 + depth m) (pc m)) (depth m + 1) (pc m) (text m) w)
                 (far w + v) t
    | fRET => go (make (program m) (memory m) (callers m) (depth m - 1) (pc m) (text m) w) (far w + v) t
    | fOP => make (program m) (memory m) (callers m) (depth m) (pc m) [v] w
    | fN => read_text m w (text m ++ [v])
    | fA _ => with_work m (take_address m w v false false)
    | fR _ => with_work m (take_address m w v false true)
    | fFRAME => with_work m (take_address m w v true false)
    | _ => with_work m w
    end.

  (** What a token prints: the groups so far and its own, of a signed number or of a code. *)
  Inductive reading := Signed (n : number) | Code (groups : list Z).
  Definition printed (m : machine) (t : token) : list reading :=
    match fam t with
    | fINT => [Signed (num (written_groups (under_way m) ++ [value t]) (flag t))]
    | fCHAR => [Code (written_groups (under_way m) ++ [value t])]
    | _ => []
    end.

  Definition empty : machine :=
    make [] (fun _ => zero) (fun _ => 0) 0 0 []
      (working (tok fBOS 0 0) None zero zero [] [] [] 0 0 0 0 (fun _ => 0) (fun _ => (0%nat, 0))).
End Tokens.
