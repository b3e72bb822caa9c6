// The circuit as a map: heads and gates in the order in which they can be right, lit where the token uses them.
import { chip, element, inPieces } from "./dom.js";
import { headLine } from "./why.js";
import { engineFor } from "./window.js";
import { counted, expressionText, numberText } from "./words.js";

const BETWEEN = 50;
const DOWN = 24;

const wiresOf = (row) => row.filter((_, i) => i % 2 === 0);

/** Heads, gates and features as nodes: what each reads and writes, and in which half layer it is right. */
export function nodesOf(model) {
  const nodes = [];
  model.layers.forEach((layer, step) => {
    layer.heads.forEach((head, number) => nodes.push({
      kind: "head", step, number, name: head.name, asks: head.query.flatMap(wiresOf),
      reads: [...head.query, ...head.key, ...head.value].flatMap(wiresOf), writes: head.output.flatMap(wiresOf),
    }));
  });
  const byWire = new Map();
  model.layers.forEach((layer, step) => layer.neurons.forEach(([gate, up, down], n) => {
    for (const wire of wiresOf(down)) {
      if (!byWire.has(wire)) byWire.set(wire, { kind: "gate", name: model.wires[wire], reads: [], writes: [wire], neurons: [] });
      const node = byWire.get(wire);
      node.reads.push(...wiresOf(gate), ...wiresOf(up));
      node.neurons.push([step, n]);
    }
  }));
  nodes.push(...byWire.values());
  for (const node of nodes) node.asks = node.asks || node.reads;
  timed(nodes, model.wires.length);
  return nodes;
}

/** The half layer of each node: heads are odd, gates even, each after all that it reads. */
function timed(nodes, width) {
  for (const node of nodes) node.time = 0;
  for (let round = 0; round <= nodes.length; round += 1) {
    const ready = new Int32Array(width);
    for (const node of nodes) for (const wire of node.writes) ready[wire] = Math.max(ready[wire], node.time);
    let changed = false;
    for (const node of nodes) {
      const after = node.reads.reduce((most, wire) => Math.max(most, ready[wire]), 0);
      const time = node.kind === "head" ? after + 1 + (after % 2) : after + 2 - (after % 2);
      changed ||= time !== node.time;
      node.time = time;
    }
    if (!changed) return;
  }
}

export function circuitView(app) {
  const { run } = app;
  app.nodes ||= nodesOf(run.model);
  const opened = app.opened();
  return [
    element("p", { class: "soft", style: "margin-bottom: 8px" },
      "Heads are round, gates square; what is lit carries something for this token. Click one to see what it reads and writes, its weights, and when it mattered."),
    element("div", { class: "map-box", tabindex: 0, role: "group", "aria-label": "Map of the circuit" }, map(app, opened)),
    element("div", { class: "block", id: "node" }, ...nodeView(app, opened)),
  ];
}

function litHead(model, opened, node) {
  const step = model.form === "looped" ? opened.steps[opened.steps.length - 1] : opened.steps[node.step];
  const found = step.heads[node.number];
  const count = model.layers[node.step].heads[node.number].output.length;
  for (let i = 0; i < count; i += 1) if (found.values[found.start + i] !== 0) return true;
  return false;
}

function map(app, opened) {
  const { model } = app.run;
  const { nodes } = app;
  const x = opened.stream;
  const columns = [...new Set(nodes.map(({ time }) => time))].sort((a, b) => a - b);
  const longest = model.wires.reduce((most, { length }) => Math.max(most, length), 0);
  const box = 16 + 6.4 * longest;
  const across = box + BETWEEN;
  const places = new Map();
  const tall = new Map();
  for (const node of nodes) {
    const column = columns.indexOf(node.time) + 1;
    const row = tall.get(column) || 0;
    tall.set(column, row + 1);
    places.set(node, { x: 10 + column * across, y: 30 + row * DOWN });
    node.lit = node.kind === "head" ? litHead(model, opened, node) : x[node.writes[0]] !== 0;
  }
  const written = new Map();
  for (const node of nodes) for (const wire of node.writes) written.set(wire, node);
  const features = [...x.keys()].filter((wire) => !written.has(wire) && x[wire] !== 0);
  features.forEach((wire, row) => {
    const node = { kind: "feature", name: model.wires[wire], reads: [], asks: [], writes: [wire], lit: true };
    places.set(node, { x: 10, y: 30 + row * DOWN });
    written.set(wire, node);
  });
  const chosen = chosenNode(app);
  const edges = [];
  for (const node of nodes)
    for (const wire of new Set(node.reads)) {
      const source = written.get(wire);
      if (!source || source === node) continue;
      const near = chosen && (source === chosen || node === chosen || (chosen.kind === "feature" && chosen.writes[0] === wire));
      const lit = node.lit && x[wire] !== 0 && node.asks.includes(wire);
      if (!lit && !near) continue;
      const [a, b] = [places.get(source), places.get(node)];
      const [ax, ay, bx, by] = [a.x + box, a.y + 9, b.x, b.y + 9];
      edges.push(element("svg:path", { class: near ? "near" : "lit", d: `M${ax} ${ay} C${ax + 40} ${ay} ${bx - 40} ${by} ${bx} ${by}` }));
    }
  edges.sort((a, b) => (a.getAttribute("class") === "near") - (b.getAttribute("class") === "near"));
  const titles = [element("svg:text", { class: "title", x: 10, y: 16 }, "embedding"),
    ...columns.map((time, i) => element("svg:text", { class: "title", x: 10 + (i + 1) * across, y: 16 },
      `${model.form === "looped" ? "pass" : "layer"} ${Math.ceil(time / 2)}, ${time % 2 ? "heads" : "gates"}`))];
  const boxes = [...places].map(([node, place]) => {
    const open = () => {
      app.node = node.kind === "head" ? { head: [node.step, node.number] } : { wire: node.writes[0] };
      app.draw();
    };
    return element("svg:g", {
      role: "button", tabindex: 0, class: `${node.lit ? "lit" : ""} ${node.kind}-node ${node === chosen || sameFeature(node, chosen) ? "chosen" : ""}`,
      transform: `translate(${place.x},${place.y})`, onclick: open, "data-node": node.name,
      onkeydown: (event) => { if (event.key === "Enter") open(); }, "aria-label": `${node.kind} ${node.name}${node.lit ? ", used" : ""}`,
    }, element("svg:rect", { width: box, height: 18, rx: node.kind === "head" ? 9 : 2 }), element("svg:text", { x: 7, y: 12.5 }, node.name));
  });
  const height = 44 + DOWN * Math.max(...tall.values(), features.length);
  const width = 20 + (columns.length + 1) * across;
  return element("svg:svg", { class: "map", width, height, viewBox: `0 0 ${width} ${height}` }, titles, edges, boxes);
}

const sameFeature = (node, chosen) => chosen?.kind === "feature" && node.kind === "feature" && node.writes[0] === chosen.writes[0];

function chosenNode(app) {
  if (!app.node) return null;
  if (app.node.head) return app.nodes.find(({ kind, step, number }) => kind === "head" && step === app.node.head[0] && number === app.node.head[1]);
  const { wire } = app.node;
  return app.nodes.find(({ writes }) => writes.includes(wire)) || { kind: "feature", writes: [wire], reads: [], name: app.run.model.wires[wire] };
}

function nodeView(app, opened) {
  const node = chosenNode(app);
  if (!node) return [element("p", { class: "soft" }, "Nothing is chosen yet.")];
  return app.node.head ? headView(app, opened, node) : wireView(app, opened, app.node.wire, node);
}

/** A head: what it did for this token, and its weights as small matrices. */
export function headView(app, opened, { step, number, name }) {
  const { run } = app;
  const head = run.model.layers[step].heads[number];
  const at = run.model.form === "looped" ? opened.steps.length - 1 : step;
  return [
    element("h3", {}, `Head ${name}`, element("span", { class: "soft" }, head.pattern)),
    headLine(app, head, opened.steps[at].heads[number], step, number),
    matrix(app, head, "query", step, number, "Queries: what it asks for, from the wires at this token"),
    matrix(app, head, "key", step, number, "Keys: what each position offers"),
    matrix(app, head, "value", step, number, "Values: what it brings"),
  ];
}

function matrix(app, head, part, step, number, title) {
  const { wires } = app.run.model;
  const rows = head[part];
  if (!rows.length) return element("p", { class: "soft", style: "margin-top: 10px" }, `${title}: none, so that all positions count alike.`);
  const columns = [...new Set(rows.flatMap(wiresOf))].sort((a, b) => a - b);
  const label = (i) => (part === "value" ? head.output[i].filter((_, j) => j % 2 === 0).map((wire) => wires[wire]).join(", ") : String(i + 1));
  return element("div", { class: "scroll", style: "margin-top: 12px", tabindex: 0, role: "group", "aria-label": title },
    element("table", { class: "matrix" }, element("caption", { style: "text-align: left" }, title),
      element("thead", {}, element("tr", {}, element("td", {}), columns.map((wire) => element("th", { scope: "col" }, wires[wire])))),
      element("tbody", {}, rows.map((row, i) => element("tr", {}, element("th", { scope: "row" }, label(i)), columns.map((wire) => {
        const at = row.findIndex((entry, j) => j % 2 === 0 && entry === wire);
        return at < 0 ? element("td", {}, "0") : element("td", { class: "set" },
          element("button", { class: "link", title: "What if this weight were another?", onclick: () => app.tryWeight({ step, part: "heads", number, kind: part, row: i, wire }) }, numberText(row[at + 1])));
      }))))));
}

function wireView(app, opened, wire, node) {
  const { run } = app;
  const { model } = run;
  const readers = app.nodes.filter(({ reads }) => reads.includes(wire));
  const logits = model.unembedding.columns.some((column) => column.wire === wire);
  const link = (other) => [element("button", { class: "link", onclick: () => {
    app.node = other.kind === "head" ? { head: [other.step, other.number] } : { wire: other.writes[0] };
    app.draw();
  } }, other.name), " "];
  const terms = (node.neurons || []).map(([step, n]) => {
    const [gate, up, down] = model.layers[step].neurons[n];
    const factor = down[down.findIndex((entry, j) => j % 2 === 0 && entry === wire) + 1];
    return element("div", {}, `${numberText(factor)} × relu(${expressionText(gate, model.wires)}) × (${expressionText(up, model.wires)}) `,
      element("button", { class: "link", onclick: () => app.tryWeight({ step, part: "neurons", number: n, kind: "down", row: 0, wire }) }, "what if?"));
  });
  const meaning = model.sums[model.wires[wire]];
  const when = element("div", { id: "when" }, element("button", { class: "primary", id: "mattered", onclick: () => mattered(app, wire, when) }, "When did it matter?"),
    element("span", { class: "soft" }, " every token that would be another one if this wire carried 0 where it is decided"));
  return [
    element("h3", {}, `Wire ${model.wires[wire]} = ${numberText(opened.stream[wire])}`, meaning ? element("span", { class: "soft" }, `is ${meaning}`) : null),
    element("p", {}, "Written by ", node.kind === "feature" ? "the embedding" : node.kind === "head" ? ["head ", ...link(node)] : `${counted(terms.length, "neuron")}:`),
    element("div", { class: "terms" }, terms),
    element("p", {}, "Read by ", readers.length || logits ? "" : "nothing", readers.flatMap(link), logits ? "the logits" : ""),
    element("div", { style: "margin-top: 12px" }, when),
  ];
}

/** Runs the trace again with a wire cut at the position that decides each token, and lists the tokens that change. */
async function mattered(app, wire, place) {
  const { run } = app;
  const engine = engineFor(run);
  const found = [];
  const said = element("p", { class: "soft" });
  place.replaceChildren(said);
  await inPieces(() => {
    const p = engine.length;
    if (p >= run.last) return true;
    const x = engine.append(run.tokens[p]);
    if (p + 1 < run.prompt) return false;
    const cut = engine.cut(p, wire);
    const alike = run.model.unembedding.columns.every((column) => cut[column.wire] === x[column.wire]);
    if (!alike && engine.next(cut) !== run.tokens[p + 1]) found.push(p + 1);
    return false;
  }, () => { said.textContent = `${Math.round((100 * engine.length) / run.last)} % …`; });
  const share = run.last + 1 - run.prompt;
  place.replaceChildren(
    element("p", { class: "verdict", id: "verdict" }, `It mattered to ${numberText(found.length)} of ${counted(share, "token")}.`),
    whenStrip(run, found),
    element("div", { class: "chips", style: "margin-top: 8px" }, found.slice(0, 300).map((p) => chip(run, p, { selected: app.selected }))),
    found.length > 300 ? element("p", { class: "soft" }, `and ${numberText(found.length - 300)} more`) : "");
}

function whenStrip(run, found) {
  const width = 700;
  const x = (p) => ((p - run.prompt) / Math.max(run.last - run.prompt, 1)) * (width - 2);
  const d = found.map((p) => `M${x(p).toFixed(1)} 2V32`).join("");
  return element("svg:svg", { class: "when", viewBox: `0 0 ${width} 34`, preserveAspectRatio: "none", role: "img", "aria-label": "where in the trace" },
    element("svg:path", { d, stroke: "var(--fired)", "stroke-width": 1, "vector-effect": "non-scaling-stroke" }));
}
