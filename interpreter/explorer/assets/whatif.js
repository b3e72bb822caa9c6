// What if a token, a weight or the data type were another: from where does the run differ?
import { element, inPieces } from "./dom.js";
import { engineFor } from "./window.js";
import { counted, kindOf, numberText } from "./words.js";

const ON = 24; // tokens that are decoded after the first difference
const PARTS = { gate: 0, up: 1, down: 2 };

/** A sparse row with one entry set. */
function withEntry(row, wire, value) {
  const changed = row.slice();
  const i = row.findIndex((entry, j) => j % 2 === 0 && entry === wire);
  if (i < 0) changed.push(wire, value);
  else changed[i + 1] = value;
  return changed;
}

/**
 * The sparse row that a weight is in. at: { part, kind, row, wire }, and where the part has them, { step, number }.
 *
 * Of the embedding and of the unembedding the row is a token; of the positional features, the feature.
 */
export function rowOf(model, at) {
  switch (at.part) {
    case "embedding": {
      const { start, wires, values } = model.embedding;
      const row = [];
      for (let i = start[at.row]; i < start[at.row + 1]; i += 1) row.push(wires[i], values[i]);
      return row;
    }
    case "unembedding":
      return model.unembedding.columns.flatMap(({ wire, tokens, values }) => {
        const i = tokens.indexOf(at.row);
        return i < 0 ? [] : [wire, values[i]];
      });
    case "positional":
      return model.positional[at.row];
    default: {
      const unit = model.layers[at.step][at.part][at.number];
      return at.part === "heads" ? unit[at.kind][at.row] : unit[PARTS[at.kind]];
    }
  }
}

export function weightOf(model, at) {
  const row = rowOf(model, at);
  const i = row.findIndex((entry, j) => j % 2 === 0 && entry === at.wire);
  return i < 0 ? 0 : row[i + 1];
}

/** The model with one weight changed; the rest is shared. */
export function withWeight(model, at, value) {
  const changed = withEntry(rowOf(model, at), at.wire, value);
  switch (at.part) {
    case "embedding":
      return { ...model, embedding: withToken(model.embedding, at.row, changed) };
    case "unembedding": {
      const columns = model.unembedding.columns.filter(({ wire }) => wire !== at.wire);
      const { tokens, values } = model.unembedding.columns.find(({ wire }) => wire === at.wire) || { tokens: [], values: [] };
      const kept = [...tokens.keys()].filter((i) => tokens[i] !== at.row);
      columns.push({ wire: at.wire, tokens: [...kept.map((i) => tokens[i]), at.row], values: [...kept.map((i) => values[i]), value] });
      // Terms are added in the order of the wires.
      columns.sort((a, b) => a.wire - b.wire);
      return { ...model, unembedding: { ...model.unembedding, columns } };
    }
    case "positional":
      return { ...model, positional: model.positional.map((row, i) => (i === at.row ? changed : row)) };
    default: {
      const layers = model.layers.slice();
      const layer = { ...layers[at.step], [at.part]: layers[at.step][at.part].slice() };
      const unit = layer[at.part][at.number];
      if (at.part === "heads") layer.heads[at.number] = { ...unit, [at.kind]: unit[at.kind].map((r, k) => (k === at.row ? changed : r)) };
      else layer.neurons[at.number] = unit.map((r, k) => (k === PARTS[at.kind] ? changed : r));
      layers[at.step] = layer;
      return { ...model, layers };
    }
  }
}

/** The embedding with another row for one token. */
function withToken({ start, wires, values }, token, row) {
  const [first, last] = [start[token], start[token + 1]];
  const more = row.length / 2 - (last - first);
  const even = row.filter((_, i) => i % 2 === 0);
  const odd = row.filter((_, i) => i % 2 === 1);
  return {
    start: start.map((at, i) => (i > token ? at + more : at)),
    wires: Int32Array.from([...wires.subarray(0, first), ...even, ...wires.subarray(last)]),
    values: Float64Array.from([...values.subarray(0, first), ...odd, ...values.subarray(last)]),
  };
}

/**
 * Decides every token of the trace again, up to the first that is another one, and goes on from there.
 *
 * change: { single, token: [position, number], weight: [at, value] }, each if wanted. Returns the engine, the position
 * of the first difference (-1: none) and the tokens that are decoded from there on.
 */
export async function variation(run, change, progress = () => {}) {
  const model = change.weight ? withWeight(run.model, ...change.weight) : run.model;
  const engine = engineFor(run, model, { single: change.single });
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
    element("div", { class: "line" }, `If the selected token, ${run.name(selected)} at position ${selected}, were`, input,
      element("button", { class: "primary", id: "if-token-go", onclick: submit }, "Run"), problem));
}

/** All that has weights, by name; `rows`: how many rows a part has, tokens and features where they are asked for. */
function unitsOf(run) {
  const { model } = run;
  const kinds = ["query", "key", "value", "output"];
  return [
    { part: "embedding", name: "embedding of a token" },
    { part: "positional", name: "features of a position" },
    { part: "unembedding", name: "unembedding of a token" },
    ...model.layers.flatMap((layer, step) => [
      ...layer.heads.flatMap((head, number) => kinds.map((kind) => ({ step, part: "heads", number, kind, name: `head ${head.name}: ${kind}` }))),
      ...layer.neurons.flatMap(([, , down], number) => Object.keys(PARTS).map((kind) => (
        { step, part: "neurons", number, kind, name: `neuron ${number + 1} of layer ${step + 1}, to ${model.wires[down[0]]}: ${kind}` })))]),
  ];
}

const ofToken = ({ part }) => part === "embedding" || part === "unembedding";

/** The weights of a unit that can be chosen: those that are not 0; of a token also those of all other wires. */
function entriesOf(model, unit, token) {
  if (ofToken(unit)) {
    const row = rowOf(model, { ...unit, row: token }).filter((_, i) => i % 2 === 0);
    return [...new Set([...row, ...model.wires.keys()])].map((wire) => ({ ...unit, row: token, wire }));
  }
  const rows = unit.part === "positional" ? model.positional
    : unit.part === "heads" ? model.layers[unit.step].heads[unit.number][unit.kind] : [rowOf(model, { ...unit, row: 0 })];
  return rows.flatMap((row, i) => row.filter((_, j) => j % 2 === 0).map((wire) => ({ ...unit, row: i, wire })));
}

function weightForm(app, state, go) {
  const { run } = app;
  const { model } = run;
  const units = unitsOf(run);
  const same = (a, b) => a.step === b.step && a.part === b.part && a.number === b.number && a.kind === b.kind;
  const chosen = state.weight || { ...units[0], wire: null };
  const unit = units.find((other) => same(other, chosen));
  const token = state.token ?? run.tokens[app.deciding];
  const entries = entriesOf(model, unit, token);
  const at = entries.find(({ row, wire }) => row === chosen.row && wire === chosen.wire) || entries[0];
  const choose = (weight) => { state.weight = weight; app.draw(); };
  const problem = element("span", { class: "differs", role: "alert" });
  const chooser = element("select", { id: "if-unit", "aria-label": "head, neuron or matrix", onchange: ({ target }) => choose({ ...units[target.value], wire: null }) },
    units.map((other, i) => element("option", { value: i, selected: other === unit }, other.name)));
  const whose = ofToken(unit) ? element("input", { id: "if-weight-token", value: run.vocabulary[token], size: 12, "aria-label": "whose token", autocomplete: "off", onchange: ({ target }) => {
    const found = run.vocabulary.indexOf(target.value.trim());
    problem.textContent = found < 0 ? `there is no token ${target.value}` : "";
    if (found >= 0) { state.token = found; choose({ ...unit, wire: null }); }
  } }) : null;
  if (!at) return element("fieldset", {}, element("legend", {}, "A weight"), element("div", { class: "line" }, chooser, "has no weights"));
  const said = ({ row, wire }) => (ofToken(unit) ? "" : `row ${row + 1}, `) + `wire ${model.wires[wire]}`;
  const weights = element("select", { id: "if-entry", "aria-label": "weight", onchange: ({ target }) => choose(entries[target.value]) },
    entries.map((entry, i) => element("option", { value: i, selected: entry === at }, `${said(entry)}: ${weightOf(model, entry)}`)));
  const input = element("input", { id: "if-weight", value: weightOf(model, at), size: 14, "aria-label": "the weight instead" });
  const submit = () => {
    const value = Number(input.value);
    problem.textContent = input.value.trim() === "" || !Number.isFinite(value) ? `${input.value} is not a number` : "";
    const where = ofToken(unit) ? unit.name.replace("a token", run.vocabulary[token]) : unit.name;
    if (!problem.textContent) go({ weight: [at, value] }, `the weight of ${model.wires[at.wire]} in ${where} is ${numberText(value)}, not ${numberText(weightOf(model, at))}`);
  };
  return element("fieldset", {}, element("legend", {}, "A weight"),
    element("div", { class: "line" }, "If this weight of", chooser, whose, weights, "were", input, element("button", { class: "primary", id: "if-weight-go", onclick: submit }, "Run"), problem));
}

function typeForm(go) {
  return element("fieldset", {}, element("legend", {}, "The data type"),
    element("div", { class: "line" }, "If all numbers were float32, every sum and product rounded:",
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
    element("p", { class: "verdict" }, `If ${text}: ${counted(differs - from, "token")} ${differs - from === 1 ? "is" : "are"} the same, then `,
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
