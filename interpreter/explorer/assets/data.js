// The run that the page shows: the payload unpacked, and questions about it.
//
// A position counts the tokens of the prompt and then those of the trace, from 0. Token t of the trace, from 1, is
// at position `prompt + t - 1`; less what the page skips of a long trace.
import { unpacked } from "./engine.js";

/** The payload of a page: compressed JSON in base 64. */
export async function payload(text) {
  const bytes = Uint8Array.from(atob(text.trim()), (character) => character.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return JSON.parse(await new Response(stream).text());
}

export class Run {
  constructor(plain) {
    this.title = plain.title;
    this.filename = plain.filename;
    this.vocabulary = plain.vocabulary.split("\n");
    this.model = unpacked(plain.machine, this.vocabulary.length);
    this.families = this.vocabulary.some((name) => /\(.*\)$/.test(name)); // whether names are of the form FAMILY(value)
    this.halting = new Set(plain.halting);
    this.prompt = plain.prompt;
    this.tokens = plain.tokens;
    this.source = plain.source ? plain.source.replace(/\n$/, "").split("\n") : [];
    this.instructions = plain.instructions.map(([text, line, note, library, first, last], number) =>
      ({ number, text, line, note, library: library === 1, first, last }));
    this.starts = new Set(sums(plain.starts));
    this.current = spreadRuns(plain.current);
    this.lines = spreadRuns(plain.lines);
    this.depth = spreadRuns(plain.depth);
    this.writes = writesOf(plain.writes);
    this.output = plain.output.map(([position, text]) => ({ position, text }));
    this.heads = plain.heads;
    this.meanings = plain.meanings;
    this.cells = plain.cells;
    this.ended = plain.ended;
    this.skipped = plain.skipped;
    this.strip = plain.strip;
    this.cut = plain.cut;
    this.start = plain.start ? this.positionOf(plain.start) : this.prompt; // what is selected at first
    this.rows = this.rowsOf();
  }

  get last() {
    return this.tokens.length - 1;
  }

  /** A token's name. */
  name(position) {
    return this.vocabulary[this.tokens[position]];
  }

  /** The number of a token in the trace, from 1; 0 or less in the prompt. */
  number(position) {
    return position < this.prompt ? position - this.prompt + 1 : position - this.prompt + 1 + this.skipped;
  }

  /** The position of a token of the trace by its number. */
  positionOf(number) {
    return this.prompt + number - 1 - this.skipped;
  }

  /** The instruction that the token at a position belongs to: of the program's text, or the one carried out. */
  instructionAt(position) {
    if (position >= this.prompt) return this.instructions[this.current[position - this.prompt]];
    return this.instructions[this.textAt(position)];
  }

  /** The number of the instruction in whose text a position is; -1 if it is not in the text of the program. */
  textAt(position) {
    let low = 0;
    let high = this.instructions.length - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      const { first, last } = this.instructions[middle];
      if (position < first) high = middle - 1;
      else if (position > last) low = middle + 1;
      else return middle;
    }
    return -1;
  }

  /** The line of the source that a token belongs to, from 1; 0 for none. What the library does belongs to its call. */
  lineAt(position) {
    if (position >= this.prompt) return this.lines[position - this.prompt] || 0;
    return this.instructionAt(position)?.line || 0;
  }

  depthAt(position) {
    return position >= this.prompt ? this.depth[position - this.prompt] : 0;
  }

  /** Tokens in rows: an instruction of the program's text, a write of the prompt, an instruction carried out. */
  rowsOf() {
    const rows = [];
    let key = null;
    const ends = new Set(this.writes.map(({ position }) => position));
    for (let p = 0; p <= this.last; p += 1) {
      const text = p < this.prompt ? this.textAt(p) : -1;
      const here = p >= this.prompt ? this.current[p - this.prompt] : text >= 0 ? `text ${text}` : "data";
      const before = rows.length ? rows[rows.length - 1] : null;
      const ended = p >= this.prompt ? this.starts.has(p) : here === "data" && ends.has(p - 1);
      if (here !== key || ended || !before) rows.push({ first: p, last: p, instruction: this.instructionAt(p) });
      else before.last = p;
      key = here;
    }
    this.rowOf = new Int32Array(this.tokens.length);
    rows.forEach(({ first, last }, i) => this.rowOf.fill(i, first, last + 1));
    return rows;
  }

  /** What was printed up to and with a position. */
  printed(position) {
    let text = "";
    for (const piece of this.output) {
      if (piece.position > position) break;
      text += piece.text;
    }
    return text;
  }

  printedAt(position) {
    return this.output.filter((piece) => piece.position === position).map((piece) => piece.text).join("");
  }

  /** The cells after a position: by name the value, and where it was written. */
  cellsAt(position) {
    const cells = new Map();
    for (const write of this.writes) {
      if (write.position > position) break;
      cells.delete(write.cell);
      cells.set(write.cell, write);
    }
    return cells;
  }

  writeAt(position) {
    return this.writes.find((write) => write.position === position);
  }
}

function spreadRuns(runs) {
  const values = [];
  for (let i = 0; i < runs.length; i += 2) for (let n = runs[i + 1]; n > 0; n -= 1) values.push(runs[i]);
  return values;
}

function sums(steps) {
  let sum = 0;
  return steps.map((step) => (sum += step));
}

function writesOf({ names, positions, cells, values }) {
  return sums(positions).map((position, i) => ({ position, cell: names[cells[i]], value: values[i] }));
}
