// Keys, as a debugger has them, and the help that says so.
import { byId, element } from "./dom.js";

const KEYS = [
  ["→ ←", "next token, token before", { ArrowRight: (app) => app.select(app.selected + 1), ArrowLeft: (app) => app.select(app.selected - 1) }],
  ["↓ ↑", "next instruction, instruction before", { ArrowDown: (app) => app.row(1), ArrowUp: (app) => app.row(-1) }],
  ["n", "step over: the next instruction in this frame or one further out", { n: (app) => over(app, 0) }],
  ["u", "step out: to where this frame has been left", { u: (app) => over(app, -1) }],
  ["o, O", "to the next output, the one before", { o: (app) => app.toOutput(1), O: (app) => app.toOutput(-1) }],
  ["w", "to the next write of the cell that was written last", { w: (app) => nextWrite(app) }],
  ["Home, End", "first and last token", { Home: (app) => app.select(app.run.prompt), End: (app) => app.select(app.run.last) }],
  ["space", "play, pause", { " ": (app) => app.play() }],
  ["1 2 3 4", "why, circuit, what if, space and time", { 1: (app) => app.show("why"), 2: (app) => app.show("circuit"), 3: (app) => app.show("if"), 4: (app) => app.show("time") }],
  ["g, /", "go to a token by its number; search", { g: () => focus("number"), "/": () => focus("search") }],
  ["c", "copy the address of this token", { c: () => byId("copy").click() }],
  ["?", "this help", { "?": () => byId("help-dialog").showModal() }],
];

function focus(id) {
  byId(id).focus();
  byId(id).select();
}

function over(app, change) {
  const { run, selected } = app;
  const depth = run.depthAt(selected) + change;
  app.next((p) => p > selected && p >= run.prompt && run.starts.has(p) && run.depthAt(p) <= depth);
}

function nextWrite(app) {
  const { run, selected } = app;
  const before = run.writes.filter(({ position }) => position <= selected);
  if (!before.length) return;
  const { cell } = before[before.length - 1];
  const writes = new Set(run.writes.filter((write) => write.cell === cell).map(({ position }) => position));
  app.next((p) => writes.has(p));
}

export function listen(app) {
  const actions = Object.assign({}, ...KEYS.map(([, , own]) => own));
  document.addEventListener("keydown", (event) => {
    const { key, target } = event;
    const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(target.tagName) && target.type !== "range";
    if (typing || event.ctrlKey || event.metaKey || event.altKey || byId("help-dialog").open) return;
    if (key === " " && /^(BUTTON|SUMMARY)$/.test(target.tagName)) return;
    if (target.getAttribute("role") === "tab" && key.startsWith("Arrow")) return;
    if (!Object.hasOwn(actions, key)) return;
    event.preventDefault();
    actions[key](app);
  });
}

export function helpText() {
  const keys = KEYS.flatMap(([names, text]) => [
    element("dt", {}, names.split(/[ ,]+/).flatMap((name) => [element("kbd", {}, name), " "])), element("dd", {}, text)]);
  const words = [
    ["token", "what the transformer reads and writes, one at a time. The prompt is given; every token of the trace is the one with the largest logit, given all before it."],
    ["head", "looks from the token before at other positions, and brings what stands there. The arcs say where."],
    ["wire", "a named direction of the residual stream: what the layers read and write."],
    ["neuron", "relu(gate) × value: passes a value on where its gate is open."],
  ];
  return element("div", {}, element("h1", { id: "help-title", tabindex: -1, autofocus: true }, "Keys and words"), element("dl", {}, keys),
    element("dl", {}, words.flatMap(([word, text]) => [element("dt", {}, word), element("dd", {}, text)])),
    element("form", { method: "dialog" }, element("button", { class: "primary" }, "Close")));
}
