// The page: what is selected, and how one comes to it.
import { payload, Run } from "./data.js";
import { engineFor } from "./window.js";
import { byId, element, inPieces } from "./dom.js";
import { arcsOf } from "./ribbon.js";
import { whyView } from "./why.js";
import { Sides } from "./program.js";
import { Strip } from "./strip.js";
import { helpText, listen } from "./keys.js";
import { circuitView } from "./circuit.js";
import { ifView, variation } from "./whatif.js";
import { timeView } from "./spacetime.js";
import { saveSvg, svgOf } from "./print.js";
import { search } from "./search.js";

const ADDRESSED = location.protocol !== "about:"; // in the frame of a notebook, a page has no address of its own

class App {
  constructor(run) {
    this.run = run;
    this.original = engineFor(run);
    this.engine = this.original;
    this.changed = "";
    this.selected = run.prompt;
    this.tab = "why";
    this.limit = run.last; // the last token that can be selected while something is changed
    this.node = null; // what is chosen in the circuit: { head: [step, number] } or { wire }
    this.sides = new Sides(this);
    this.strip = new Strip(this);
    const last = run.number(run.last).toLocaleString("en");
    byId("number").style.width = `${Math.max(String(run.number(run.last)).length, 5) + 4}ch`;
    this.note();
    byId("of").textContent = run.skipped ? `of ${(run.skipped + 1).toLocaleString("en")} to ${last}` : `of ${last}`;
  }

  /** Says what part of a long run the page has. */
  note() {
    const { run } = this;
    if (!run.strip) return;
    const [first, last, all] = [run.skipped + 1, run.number(run.last), run.strip.tokens].map((n) => n.toLocaleString("en"));
    const note = byId("window-note");
    note.hidden = false;
    note.textContent = `Tokens ${first} to ${last} of ${all}${run.cut ? " and more" : ""}.`
      + (run.skipped ? " They go on from a prompt with the cells as they were after the tokens before them." : "");
  }

  /** The position whose stream decides the selected token. */
  get deciding() {
    return Math.max(this.selected - 1, 0);
  }

  /** Has the engine read on up to a position, and lets the page live meanwhile. */
  async reached(position) {
    const { engine, run } = this;
    await inPieces(() => {
      if (engine.length > position) return true;
      engine.append(run.tokens[engine.length]);
      return false;
    }, () => this.say(`computing position ${engine.length.toLocaleString("en")} of ${position.toLocaleString("en")} …`));
  }

  opened() {
    const key = `${this.deciding} ${this.changed}`;
    if (!this.kept || this.kept.key !== key) this.kept = { key, opened: this.engine.open(this.deciding) };
    return this.kept.opened;
  }

  /** The positions at which some head looks for the selected token. */
  looked() {
    return this.engine.length > this.deciding ? arcsOf(this.opened(), this.run.model).map(({ to }) => to) : [];
  }

  async select(position, { address = true } = {}) {
    const wanted = Math.min(Math.max(Math.round(position) || 0, 0), this.changed ? this.limit : this.run.last);
    this.selected = wanted;
    const number = this.run.number(wanted);
    byId("number").value = number > 0 ? number : `p${wanted}`;
    if (address && ADDRESSED) history.replaceState(null, "", number > 0 ? `#t=${number}` : `#p=${wanted}`);
    this.strip.show();
    await this.reached(this.deciding);
    if (this.selected !== wanted) return;
    this.sides.show();
    this.draw();
    this.say(`${this.run.name(wanted)}, ${number > 0 ? `token ${number}` : `position ${wanted} of the prompt`}`);
    document.body.dataset.ready = String(wanted);
  }

  /** Draws the open tab anew. */
  draw() {
    const views = { why: whyView, circuit: circuitView, if: ifView, time: timeView };
    const panel = byId("panel");
    const { scrollTop } = panel;
    panel.replaceChildren(...views[this.tab](this).filter(Boolean));
    panel.scrollTop = this.drawn === this.tab ? scrollTop : 0;
    this.drawn = this.tab;
    panel.setAttribute("aria-labelledby", `tab-${this.tab}`);
    for (const button of document.querySelectorAll("[data-tab]"))
      button.setAttribute("aria-selected", String(button.dataset.tab === this.tab));
  }

  show(tab) {
    this.tab = tab;
    this.draw();
  }

  /** What the selected token does, in words. */
  doneAt(position) {
    const { run } = this;
    const write = run.writeAt(position);
    const printed = run.printedAt(position);
    if (printed) return `prints ${JSON.stringify(printed)}`;
    return write ? `${write.cell} is now ${write.value}` : "";
  }

  wireButton(wire, text = this.run.model.wires[wire]) {
    return element("button", { class: "link", "data-wire": wire, onclick: () => this.showWire(wire) }, text);
  }

  showWire(wire) {
    this.node = { wire };
    this.show("circuit");
  }

  showHead(step, number) {
    this.node = { head: [step, number] };
    this.show("circuit");
  }

  /** Opens "what if" with a weight chosen: see `whatif.js`. */
  tryWeight(at) {
    this.wish = { weight: at };
    this.show("if");
  }

  /** Marks the arcs of a head. */
  warm(head, on) {
    for (const arc of document.querySelectorAll(".ribbon path"))
      if (arc.dataset.head === head) arc.classList.toggle("hot", on);
  }

  /** The page shows another engine: one with a change, or the original again. */
  async change(engine, text) {
    this.engine = engine;
    this.changed = text;
    const banner = byId("banner");
    banner.hidden = !text;
    banner.replaceChildren(`What if: ${text}. `, element("button", { class: "link", onclick: () => this.change(this.original, "") }, "back to the run as it was"));
    await this.select(this.selected);
  }

  row(step) {
    const { run, selected } = this;
    const row = run.rowOf[selected] + step;
    if (row >= 0 && row < run.rows.length) this.select(run.rows[row].first);
  }

  /** The next position, after the selected one and around the end, at which something holds. */
  next(holds, direction = 1) {
    const { last } = this.run;
    for (let i = 1; i <= last + 1; i += 1) {
      const p = (this.selected + direction * i + 2 * (last + 1)) % (last + 1);
      if (holds(p)) return this.select(p);
    }
    return this.say("not found in this run");
  }

  toLine(line) {
    const { run } = this;
    this.next((p) => p >= run.prompt && run.starts.has(p) && run.lineAt(p) === line);
  }

  toInstruction(number) {
    const { run } = this;
    const carriedOut = run.current.includes(number);
    this.next((p) => (carriedOut ? p >= run.prompt && run.starts.has(p) && run.current[p - run.prompt] === number : p === run.instructions[number].first));
  }

  toOutput(direction = 1) {
    const printing = new Set(this.run.output.map(({ position }) => position));
    this.next((p) => printing.has(p), direction);
  }

  play() {
    this.playing = this.playing ? clearInterval(this.playing) : setInterval(() => {
      if (this.selected === this.run.last) this.play();
      else this.select(this.selected + 1);
    }, 350);
    byId("play").textContent = this.playing ? "⏸" : "▶";
    byId("play").setAttribute("aria-label", this.playing ? "Pause" : "Play");
  }

  say(text) {
    byId("live").textContent = text;
  }

  /** The position that an address names. */
  fromAddress() {
    const [, kind, number] = location.hash.match(/^#([tp])=(\d+)$/) || [null, "p", this.run.start];
    return kind === "t" ? this.run.positionOf(Number(number)) : Number(number);
  }
}

function wire(app) {
  const { run } = app;
  const click = (id, action) => byId(id).addEventListener("click", action);
  click("first", () => app.select(run.prompt));
  click("end", () => app.select(run.last));
  click("back", () => app.select(app.selected - 1));
  click("on", () => app.select(app.selected + 1));
  click("back-row", () => app.row(-1));
  click("on-row", () => app.row(1));
  click("play", () => app.play());
  click("svg", () => saveSvg(app));
  byId("copy").hidden = byId("copy").disabled = !ADDRESSED;
  click("copy", async () => {
    try {
      await navigator.clipboard.writeText(location.href);
      app.say("the address is copied");
    } catch {
      app.say(`the address is ${location.href}`);
    }
  });
  click("theme", () => {
    const root = document.documentElement;
    const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
    app.strip.draw();
    app.draw();
  });
  click("help", () => byId("help-dialog").showModal());
  byId("help-dialog").append(helpText());
  byId("number").addEventListener("change", ({ target }) => {
    const text = target.value.replace(/[\s,]/g, "");
    app.select(text.startsWith("p") ? Number(text.slice(1)) : run.positionOf(Number(text)));
  });
  byId("search-form").addEventListener("submit", (event) => {
    event.preventDefault();
    search(app, byId("search").value);
  });
  document.addEventListener("click", ({ target }) => {
    const found = target.closest("[data-p]");
    if (found) app.select(Number(found.dataset.p));
  });
  const tabs = [...document.querySelectorAll("[data-tab]")];
  tabs.forEach((button, i) => {
    button.addEventListener("click", () => app.show(button.dataset.tab));
    button.addEventListener("keydown", ({ key }) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[key];
      if (step) tabs[(i + step + tabs.length) % tabs.length].focus();
    });
  });
  for (const button of document.querySelectorAll("[data-show]")) {
    const show = () => {
      document.body.dataset.side = button.dataset.show;
      for (const other of document.querySelectorAll("[data-show]")) other.setAttribute("aria-current", String(other === button));
      app.sides.show();
    };
    button.addEventListener("click", show);
    button.setAttribute("aria-current", String(document.body.dataset.side === button.dataset.show));
  }
  window.addEventListener("hashchange", () => app.select(app.fromAddress()));
  listen(app);
}

const app = new App(new Run(await payload(byId("payload").textContent)));
wire(app);
window.punchtape = { app, svgOf, engineFor, variation }; // for whoever looks at the page from the console, and for tests
await app.select(app.fromAddress());
