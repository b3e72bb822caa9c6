// What if a token, a weight or the data type were another: from where does the run differ?
import { element, inPieces } from "./dom.js";
import { Engine } from "./engine.js";
import { kindOf, numberText } from "./words.js";

const ON = 24; // tokens that are decoded after the first difference
const PARTS = { gate: 0, up: 1, down: 2 };

/** The sparse row that a weight is in; at: { step, part, number, kind, row, wire }. */
export function rowOf(model, at) {
  const unit = model.layers[at.step][at.part][at.number];
  return at.part === "heads" ? unit[at.kind][at.row] : unit[PARTS[at.kind]];
}

export function weightOf(model, at) {
  const row = rowOf(model, at);
  const i = row.findIndex((entry, j) => j % 2 === 0 && entry === at.wire);
  return i < 0 ? 0 : row[i + 1];
}

/** The model with one weight changed; the rest is shared. */
export function withWeight(model, at, value) {
  const row = rowOf(model, at).slice();
  const i = row.findIndex((entry, j) => j % 2 === 0 && entry === at.wire);
  if (i < 0) row.push(at.wire, value);
  else row[i + 1] = value;
  const layers = model.layers.slice();
  const layer = { ...layers[at.step], [at.part]: layers[at.step][at.part].slice() };
  const unit = layer[at.part][at.number];
  if (at.part === "heads") layer.heads[at.number] = { ...unit, [at.kind]: unit[at.kind].map((r, k) => (k === at.row ? row : r)) };
  else layer.neurons[at.number] = unit.map((r, k) => (k === PARTS[at.kind] ? row : r));
  layers[at.step] = layer;
  return { ...model, layers };
}

/**
 * Decides every token of the trace again, up to the first that is another one, and goes on from there.
 *
 * change: { single, token: [position, number], weight: [at, value] }, each if wanted. Returns the engine, the position
 * of the first difference (-1: none) and the tokens that are decoded from there on.
 */
export async function variation(run, change, progress = () => {}) {
  const model = change.weight ? withWeight(run.model, ...change.weight) : run.model;
  const engine = new Engine(model, { single: change.single });
  const [changed, token] = change.token || [-1, 0];
  let differs = -1;
  let decided = -1;
  await inPieces(() => {
    const p = engine.length;
    if (p >= run.last) return true;
    const x = engine.append(p === changed ? token : run.tokens[p]);
    if (p + 1 < run.prompt || p + 1 <= changed) return false;
    decided = engine.next(x);
    if (decided !== run.tokens[p + 1]) differs = p + 1;
    return differs >= 0;
  }, () => progress(engine.length / run.last));
  const after = [];
  if (differs >= 0) {
    after.push(decided);
    while (after.length < ON && !run.halting.has(decided)) {
      decided = engine.next(engine.append(decided));
      after.push(decided);
    }
  }
  return { engine, differs, after };
}

export function ifView(app) {
  const { run } = app;
  const state = (app.wish ||= { kind: "token" });
  const result = element("div", { id: "result", "aria-live": "polite" }, ...(state.shown || []));
  const go = async (change, text) => {
    const said = element("p", { class: "soft" }, "computing …");
    result.replaceChildren(said);
    const found = await variation(run, change, (share) => { said.textContent = `${Math.round(100 * share)} % …`; });
    state.shown = verdict(app, found, change, text);
    result.replaceChildren(...state.shown);
  };
  return [
    element("p", { style: "margin-bottom: 14px" }, "Change one thing, and the transformer in this page decides every token again."),
    tokenForm(app, go), weightForm(app, state, go), typeForm(go), result,
  ];
}

function tokenForm(app, go) {
  const { run, selected } = app;
  const input = element("input", { id: "if-token", value: run.name(selected), size: 12, "aria-label": "the token instead", autocomplete: "off" });
  const problem = element("span", { class: "differs", role: "alert" });
  const submit = () => {
    const token = run.vocabulary.indexOf(input.value.trim());
    problem.textContent = token < 0 ? `there is no token ${input.value}` : "";
    if (token >= 0) go({ token: [selected, token] }, `${run.name(selected)} at position ${selected} is ${run.vocabulary[token]}`);
  };
  return element("fieldset", {}, element("legend", {}, "A token"),
    element("div", { class: "line" }, `The selected token, ${run.name(selected)} at position ${selected}, were`, input,
      element("button", { class: "primary", id: "if-token-go", onclick: submit }, "Run"), problem));
}

function weightForm(app, state, go) {
  const { run } = app;
  const { model } = run;
  const units = model.layers.flatMap((layer, step) => [
    ...layer.heads.flatMap((head, number) => ["query", "key", "value"].map((kind) => ({ step, part: "heads", number, kind, name: `head ${head.name}: ${kind}` }))),
    ...layer.neurons.flatMap(([, , down], number) => ["gate", "up", "down"].map((kind) => ({ step, part: "neurons", number, kind, name: `neuron ${number + 1} of layer ${step + 1}, to ${model.wires[down[0]]}: ${kind}` })))]);
  const chosen = state.weight || { ...units[0], row: 0, wire: null };
  const same = (a, b) => a.step === b.step && a.part === b.part && a.number === b.number && a.kind === b.kind;
  const unit = units.find((other) => same(other, chosen));
  const entries = [];
  const whole = unit.part === "heads" ? model.layers[unit.step].heads[unit.number][unit.kind] : [rowOf(model, { ...unit, row: 0 })];
  whole.forEach((row, i) => row.forEach((wire, j) => { if (j % 2 === 0) entries.push({ ...unit, row: i, wire }); }));
  const at = entries.find(({ row, wire }) => row === chosen.row && wire === chosen.wire) || entries[0];
  const units_ = element("select", { id: "if-unit", "aria-label": "head or neuron", onchange: ({ target }) => { state.weight = { ...units[target.value], row: 0, wire: null }; app.draw(); } },
    units.map((other, i) => element("option", { value: i, selected: other === unit }, other.name)));
  if (!at) return element("fieldset", {}, element("legend", {}, "A weight"), element("div", { class: "line" }, units_, "has no weights"));
  const entries_ = element("select", { "aria-label": "weight", onchange: ({ target }) => { state.weight = entries[target.value]; app.draw(); } },
    entries.map((entry, i) => element("option", { value: i, selected: entry === at }, `row ${entry.row + 1}, wire ${model.wires[entry.wire]}: ${weightOf(model, entry)}`)));
  const input = element("input", { id: "if-weight", value: weightOf(model, at), size: 14, "aria-label": "the weight instead" });
  const problem = element("span", { class: "differs", role: "alert" });
  const submit = () => {
    const value = Number(input.value);
    problem.textContent = input.value.trim() === "" || !Number.isFinite(value) ? `${input.value} is not a number` : "";
    if (!problem.textContent) go({ weight: [at, value] }, `the weight of ${model.wires[at.wire]} in ${unit.name} is ${numberText(value)}, not ${numberText(weightOf(model, at))}`);
  };
  return element("fieldset", {}, element("legend", {}, "A weight"),
    element("div", { class: "line" }, units_, entries_, "were", input, element("button", { class: "primary", id: "if-weight-go", onclick: submit }, "Run"), problem));
}

function typeForm(go) {
  return element("fieldset", {}, element("legend", {}, "The data type"),
    element("div", { class: "line" }, "All numbers were float32, every sum and product rounded.",
      element("button", { class: "primary", id: "if-single", onclick: () => go({ single: true }, "all is computed in float32") }, "Run")));
}

function verdict(app, { engine, differs, after }, change, text) {
  const { run } = app;
  const from = change.token ? Math.max(change.token[0] + 1, run.prompt) : run.prompt;
  if (differs < 0)
    return [element("p", { class: "verdict" }, `If ${text}: no token differs, all ${numberText(run.last + 1 - from)} are decided the same.`)];
  const plain = (token) => element("span", { class: `chip ${kindOf(run.vocabulary[token])}` }, run.vocabulary[token]);
  const was = run.tokens.slice(differs, differs + after.length);
  return [
    element("p", { class: "verdict" }, `If ${text}: ${numberText(differs - from)} tokens are the same, then `,
      element("span", { class: "differs" }, `token ${numberText(run.number(differs))} is ${run.vocabulary[after[0]]}, not ${run.vocabulary[was[0]]}`), "."),
    element("p", { class: "soft" }, "as it was"), element("div", { class: "chips" }, was.map(plain)),
    element("p", { class: "soft" }, "as it would be"), element("div", { class: "chips" }, after.map(plain)),
    element("p", { style: "margin-top: 12px" }, element("button", { class: "primary", id: "if-open", onclick: async () => {
      app.limit = differs;
      app.selected = differs;
      app.tab = "why";
      await app.change(engine, text);
    } }, "Open this token up, with the change")),
  ];
}
