// Source, instructions, tokens, output and cells, side by side: what is selected is marked in all of them.
import { byId, chip, element, LongList } from "./dom.js";

const HEIGHT = 22;

export class Sides {
  constructor(app) {
    this.app = app;
    const { run } = app;
    this.source = new LongList(byId("source"), HEIGHT, (i) => this.sourceRow(i));
    this.instructions = new LongList(byId("instructions"), HEIGHT, (i) => this.instructionRow(i));
    this.tokens = new LongList(byId("tokens"), 26, (i) => this.tokenRow(i));
    byId("source-title").textContent = run.filename || "Source";
    byId("tokens-title").textContent = `Tokens: ${run.prompt.toLocaleString("en")} of the prompt, ${(run.tokens.length - run.prompt).toLocaleString("en")} of the trace`;
    if (!run.source.length) for (const id of ["source", "source-title"]) byId(id).hidden = true;
    if (!run.instructions.length) for (const id of ["instructions", "instructions-title"]) byId(id).hidden = true;
    this.source.show(run.source.length);
    this.instructions.show(run.instructions.length);
    this.tokens.show(run.rows.length);
  }

  sourceRow(i) {
    const { run } = this.app;
    const here = this.line === i + 1;
    return element("button", { class: here ? "row here" : "row", "data-line": i + 1, tabindex: here ? 0 : -1, "aria-current": here ? "true" : null,
      style: `height:${HEIGHT}px`, onclick: () => this.app.toLine(i + 1) },
    element("span", { class: "n" }, String(i + 1)), run.source[i] || " ");
  }

  instructionRow(i) {
    const { text, note, library, number } = this.app.run.instructions[i];
    const here = this.instruction === i;
    return element("button", { class: `row${here ? " here" : ""}${library ? " library" : ""}`, "data-instruction": i, tabindex: here ? 0 : -1,
      style: `height:${HEIGHT}px`, "aria-current": here ? "true" : null, onclick: () => this.app.toInstruction(i) },
    element("span", { class: "n" }, String(number)), text.padEnd(18), note ? element("span", { class: "note" }, note) : null);
  }

  tokenRow(i) {
    const { run, selected } = this.app;
    const { first, last, instruction } = run.rows[i];
    const here = i === run.rowOf[selected];
    const chips = [];
    for (let p = first; p <= last; p += 1) {
      const made = chip(run, p, { selected, found: this.found });
      made.tabIndex = p === selected ? 0 : -1;
      chips.push(made);
    }
    const printed = first >= run.prompt ? chips.map((_, k) => run.printedAt(first + k)).join("") : "";
    const what = first < run.prompt ? `prompt ${first}` : `${"· ".repeat(Math.min(run.depthAt(first), 6))}${instruction ? instruction.text.replace(/ +/g, " ") : ""}`;
    return element("div", { class: here ? "row here" : "row", style: "height:26px; width: max-content; min-width: 100%" },
      element("span", { class: "what", "data-row": i }, what || " "), chips,
      printed ? element("span", { class: "prints" }, `prints ${JSON.stringify(printed)}`) : null);
  }

  show() {
    const { run, selected } = this.app;
    const instruction = run.instructionAt(selected);
    this.instruction = instruction ? instruction.number : -1;
    this.line = run.lineAt(selected);
    this.found = new Set(this.app.looked());
    if (this.line) this.source.reveal(this.line - 1);
    else this.source.draw();
    if (this.instruction >= 0) this.instructions.reveal(this.instruction);
    else this.instructions.draw();
    this.tokens.reveal(run.rowOf[selected]);
    this.state();
  }

  /** Output and cells after the selected token. */
  state() {
    const { run, selected } = this.app;
    const now = run.printedAt(selected);
    const text = run.printed(selected);
    const ended = selected === run.last && run.ended ? `\n${run.ended}` : "";
    byId("output").replaceChildren(text.slice(0, text.length - now.length), now ? element("span", { class: "new" }, now) : "", ended);
    byId("output").scrollTop = 1e9;
    const cells = [...run.cellsAt(selected).values()].reverse();
    byId("memory").replaceChildren(...(cells.length ? cells.slice(0, 400).map((write) =>
      element("button", { class: write.position === selected ? "new" : "", title: `written at position ${write.position}`, onclick: () => this.app.select(write.position) },
        element("span", { class: "cell" }, `${write.cell} = `), write.value)) : [element("span", { class: "soft" }, "nothing is written yet")]));
  }
}
