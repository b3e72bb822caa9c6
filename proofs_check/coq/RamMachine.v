(** The instruction set of the RAM on unbounded integers: [compiler/machines/ram/isa.py], read as a machine.

    Cells hold integers. A cell of the heap has an address below [B^G], a slot belongs to a frame; CALL opens a frame
    and RET closes the latest one, so that open calls form a stack. *)

Require Import ZArith List Bool Lia.
Import ListNotations.
Open Scope Z_scope.

Inductive opcode :=
  | ADD | SUB | MUL | QUO | REM | SHR | SHL | LOAD | STORE | JLT | JGE | JEQ | JNE | JIN
  | JMP | CALL | RET | PUT | OUTI | OUTC | HALT.

Record instruction := instruct { op : opcode; ix : Z; iy : Z; iz : Z }.

(** A layout: the base, how many groups an address has, and how many frames may be open besides the first. *)
Record layout := lay { base : Z; groups_of_address : nat; max_depth : Z }.

Inductive place :=
  | Heap (address : Z)
  | Slot (frame slot : Z).

Definition place_eq_dec (p q : place) : {p = q} + {p <> q}.
Proof. decide equality; apply Z.eq_dec. Defined.

Inductive event := Integer (value : Z) | Character (value : Z).

(** [calls]: the numbers of the CALLs whose frames are open, the innermost first. *)
Record state := at_state { counter : Z; calls : list Z; cells : place -> Z }.

Inductive outcome := Next (after : state) (printed : list event) | Halted | Faulted.

Definition instruction_at (program : list instruction) (number : Z) : option instruction :=
  if number <? 0 then None else nth_error program (Z.to_nat number).

Section Machine.
  Variable l : layout.
  Local Notation B := (base l).

  Definition first_next : Z := B - B / 10.
  Definition first_local : Z := first_next - 3 * B / 10.
  Definition heap_size : Z := B ^ Z.of_nat (groups_of_address l).

  (** Global cells are heap addresses; the next operands are slots of the current frame (from 1), and of the next. *)
  Definition place_of (depth operand : Z) : place :=
    if operand <? first_local then Heap operand
    else if operand <? first_next then Slot (1 + depth) operand
    else Slot (2 + depth) (operand - first_next + first_local).

  Definition depth_of (s : state) : Z := Z.of_nat (length (calls s)).

  Definition set (memory : place -> Z) (p : place) (v : Z) : place -> Z :=
    fun q => if place_eq_dec q p then v else memory q.

  (** The sum of two address parts, where the machine can add them and the heap has the cell. *)
  Definition address (x y : Z) : option Z :=
    if (- heap_size <=? x) && (x <? heap_size) && (- heap_size <=? y) && (y <? heap_size)
       && (0 <=? x + y) && (x + y <? heap_size)
    then Some (x + y) else None.

  Definition step (program : list instruction) (s : state) : outcome :=
    match instruction_at program (counter s) with
    | None => Faulted
    | Some i =>
        let place := place_of (depth_of s) in
        let x := cells s (place (ix i)) in
        let y := cells s (place (iy i)) in
        let z := cells s (place (iz i)) in
        let go distance := Next (at_state (counter s + distance) (calls s) (cells s)) [] in
        let write p v := Next (at_state (counter s + 1) (calls s) (set (cells s) p v)) [] in
        let result := write (place (iz i)) in
        let jump_if (taken : bool) := go (if taken then iz i - B / 2 else 1) in
        let target := B * iy i + iz i in
        let print e := Next (at_state (counter s + 1) (calls s) (cells s)) [e] in
        match op i with
        | ADD => result (x + y)
        | SUB => result (x - y)
        | MUL => result (x * (y mod B))
        | QUO => if y mod B =? 0 then Faulted else result (x / (y mod B))
        | REM => if y mod B =? 0 then Faulted else result (x mod (y mod B))
        | SHR => result (x / B)
        | SHL => result (x * B + y mod B)
        | LOAD => match address x y with Some a => result (cells s (Heap a)) | None => Faulted end
        | STORE => match address x y with Some a => write (Heap a) z | None => Faulted end
        | JLT => jump_if (x <? y)
        | JGE => jump_if (y <=? x)
        | JEQ => jump_if (x =? y)
        | JNE => jump_if (negb (x =? y))
        | JIN => jump_if ((0 <=? x) && (x <? y))
        | JMP => go (target - counter s)
        | CALL => if max_depth l <=? depth_of s then Faulted
                  else Next (at_state target (counter s :: calls s) (cells s)) []
        | RET => match calls s with
                 | [] => Faulted
                 | call :: others => Next (at_state (call + 1) others (cells s)) []
                 end
        | PUT => print (Character (iz i))
        | OUTI => print (Integer x)
        | OUTC => print (Character x)
        | HALT => Halted
        end
    end.
End Machine.
