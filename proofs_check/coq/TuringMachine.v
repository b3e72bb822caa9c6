(** Every Turing machine in a Lag system: the compiler of [compiler/machines/lag/turing.py]; [TuringToLag] proves it.

    The queue holds the tape from left to right, the state beside the symbol under the head. A rule sees a symbol and
    its neighbour on the right, so a move to the left is direct: the symbol before the head sees it come. For a move to
    the right the rule writes not the first symbol of the window anew but the second, which shifts all of the tape by
    one place. The two turns of the queue take turns, told apart by a mark on every symbol.

      [Gather]  L c1 ... cn #      windows (L c1) ... (cn #): each writes its first symbol; moves to the left
      [Shift]   # L d1 ... dn      windows (# L) ... (dn L):  each writes its second symbol; moves to the right *)

Require Import List.
Import ListNotations.

Inductive move := MoveLeft | MoveRight.

Section Turing.
  Variables state letter : Type.
  Variable blank : letter.
  (** What to write, where to go, the next state; [None] halts, before anything is done. *)
  Variable delta : state -> letter -> option (letter * move * state).

  (** The cells left of the head, the nearest first; state and symbol; the cells right of the head. All others are
      blank. *)
  Record configuration := At { left : list letter; control : state; scanned : letter; right : list letter }.

  Definition moved (c : configuration) (written : letter) (m : move) (next : state) : configuration :=
    match m with
    | MoveLeft =>
        match left c with
        | x :: rest => At rest next x (written :: right c)
        | [] => At [] next blank (written :: right c)
        end
    | MoveRight =>
        match right c with
        | y :: rest => At (written :: left c) next y rest
        | [] => At (written :: left c) next blank []
        end
    end.

  Definition turing_step (c : configuration) : option configuration :=
    match delta (control c) (scanned c) with
    | Some (written, m, next) => Some (moved c written m next)
    | None => None
    end.

  Fixpoint turing_run (n : nat) (c : configuration) : option configuration :=
    match n with
    | 0 => Some c
    | S m => match turing_step c with Some next => turing_run m next | None => None end
    end.

  (** * The compiler *)

  Inductive turn := Gather | Shift.

  Inductive symbol :=
  | End                                         (* #, the right end of the tape *)
  | Edge (t : turn)                             (* L, the left end *)
  | Cell (t : turn) (x : letter)
  | Head (t : turn) (q : state) (x : letter).

  (** What is appended for a window. Pairs of symbols that never stand side by side have no rule. *)
  Definition rule (a b : symbol) : option (list symbol) :=
    match a, b with
    (* Gather: the first symbol is written; only a head that comes from the right changes it. *)
    | Edge Gather, Head Gather q s =>
        match delta q s with
        | Some (_, MoveLeft, next) => Some [Edge Shift; Head Shift next blank]
        | Some (_, MoveRight, _) => Some [Edge Shift]
        | None => None
        end
    | Edge Gather, Cell Gather _ => Some [Edge Shift]
    | Cell Gather x, Head Gather q s =>
        match delta q s with
        | Some (_, MoveLeft, next) => Some [Head Shift next x]
        | Some (_, MoveRight, _) => Some [Cell Shift x]
        | None => None
        end
    | Cell Gather x, (Cell Gather _ | End) => Some [Cell Shift x]
    | Head Gather q s, (Cell Gather _ | End) =>
        match delta q s with
        | Some (written, MoveLeft, _) => Some [Cell Shift written]
        | Some (_, MoveRight, _) => Some [Head Shift q s]
        | None => None
        end
    (* Shift: the second symbol is written; only a head that comes from the left changes it. *)
    | End, Edge Shift => Some [Edge Gather]
    | Head Shift q s, Cell Shift y =>
        match delta q s with
        | Some (_, MoveRight, next) => Some [Head Gather next y]
        | Some (_, MoveLeft, _) => Some [Cell Gather y]
        | None => None
        end
    | (Edge Shift | Cell Shift _), Cell Shift y => Some [Cell Gather y]
    | (Edge Shift | Cell Shift _), Head Shift q s =>
        match delta q s with
        | Some (written, MoveRight, _) => Some [Cell Gather written]
        | Some (_, MoveLeft, _) => Some [Head Gather q s]
        | None => None
        end
    | Head Shift q s, Edge Gather =>
        match delta q s with
        | Some (_, MoveRight, next) => Some [Head Gather next blank; End]
        | Some (_, MoveLeft, _) => Some [End]
        | None => None
        end
    | Cell Shift _, Edge Gather => Some [End]
    | _, _ => None
    end.

  Definition cells (t : turn) : list letter -> list symbol := map (Cell t).

  Definition tape (t : turn) (c : configuration) : list symbol :=
    Edge t :: cells t (rev (left c)) ++ Head t (control c) (scanned c) :: cells t (right c).

  Definition gathering (c : configuration) : list symbol := tape Gather c ++ [End].
  Definition shifting (c : configuration) : list symbol := End :: tape Shift c.

  Definition represents (queue : list symbol) (c : configuration) : Prop :=
    queue = gathering c \/ queue = shifting c.
End Turing.

Arguments At {state letter}.
Arguments left {state letter}.
Arguments control {state letter}.
Arguments scanned {state letter}.
Arguments right {state letter}.
Arguments End {state letter}.
Arguments Edge {state letter}.
Arguments Cell {state letter}.
Arguments Head {state letter}.
Arguments moved {state letter}.
Arguments turing_step {state letter}.
Arguments turing_run {state letter}.
Arguments rule {state letter} blank delta : simpl never.
Arguments cells {state letter}.
Arguments tape {state letter}.
Arguments gathering {state letter}.
Arguments shifting {state letter}.
Arguments represents {state letter}.
