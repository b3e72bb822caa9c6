(* Reads runs, a line each: base, groups of an address, frames, tokens wanted, then the prompt as `FAMILY VALUE FLAG`.
   Writes for each a line of the tokens that follow, the one that stops the run included. *)

open Ram_tokens

let family name =
  let index () = int_of_string (String.sub name 1 1) in
  match name with
  | "BOS" -> FBOS | "SAME" -> FSAME | "HALT" -> FHALT | "FAULT" -> FFAULT | "OP" -> FOP | "N" -> FN
  | "FRAME" -> FFRAME | "D" -> FD | "L" -> FL | "T" -> FT | "K" -> FK | "Q" -> FQ | "H" -> FH | "J" -> FJ
  | "CALL" -> FCALL | "RET" -> FRET | "F" -> FF | "INT" -> FINT | "CHAR" -> FCHAR
  | _ when name.[0] = 'A' -> FA (index ())
  | _ when name.[0] = 'R' -> FR (index ())
  | _ -> failwith name

let name = function
  | FBOS -> "BOS" | FSAME -> "SAME" | FHALT -> "HALT" | FFAULT -> "FAULT" | FOP -> "OP" | FN -> "N"
  | FFRAME -> "FRAME" | FD -> "D" | FL -> "L" | FT -> "T" | FK -> "K" | FQ -> "Q" | FH -> "H" | FJ -> "J"
  | FCALL -> "CALL" | FRET -> "RET" | FF -> "F" | FINT -> "INT" | FCHAR -> "CHAR"
  | FA i -> "A" ^ string_of_int i
  | FR i -> "R" ^ string_of_int i

let rec decoded layout machine wanted =
  if wanted = 0 then []
  else
    let token = next_token layout machine in
    let shown = Printf.sprintf "%s %d %d" (name token.fam) token.value token.flag in
    if stops token.fam then [ shown ] else shown :: decoded layout (take layout machine token) (wanted - 1)

let rec loaded layout machine = function
  | f :: v :: c :: rest ->
      loaded layout (take layout machine { fam = family f; value = int_of_string v; flag = int_of_string c }) rest
  | _ -> machine

let () =
  try
    while true do
      match String.split_on_char ' ' (input_line stdin) with
      | base :: groups :: frames :: wanted :: prompt ->
          let number = int_of_string in
          let layout = { base = number base; groups_of_address = number groups; max_depth = number frames } in
          print_endline (String.concat " " (decoded layout (loaded layout empty prompt) (number wanted)))
      | _ -> failwith "a line is too short"
    done
  with End_of_file -> ()
