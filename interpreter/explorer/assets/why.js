// One token opened up: why it is the one, and what happened from the embedding up to it.
import { byId, chip, element } from "./dom.js";
import { arcsOf, ribbon } from "./ribbon.js";
import { asksText, counted, expressionText, meaningOf, numberText } from "./words.js";

/** The five largest logits: [{ token, logit }]. */
export function best(logits, count = 5) {
  const order = [];
  for (let token = 0; token < logits.length; token += 1) {
    if (order.length === count && logits[token] <= order[count - 1].logit) continue;
    const at = order.findIndex(({ logit }) => logits[token] > logit);
    order.splice(at < 0 ? order.length : at, 0, { token, logit: logits[token] });
    if (order.length > count) order.pop();
  }
  return order;
}

/** Of each family of tokens the best, and of these the best: which families bid, and for which value. */
export function bids(logits, vocabulary, count = 5) {
  const families = new Map();
  vocabulary.forEach((name, token) => {
    const family = name.split("(")[0];
    const known = families.get(family);
    if (known === undefined || logits[token] > logits[known]) families.set(family, token);
  });
  return [...families.values()].map((token) => ({ token, logit: logits[token] }))
    .sort((a, b) => b.logit - a.logit).slice(0, count);
}

/** What each wire adds to the logit of one token: [{ wire, value, weight }]. */
export function contributions(model, stream, token) {
  const found = [];
  for (const { wire, tokens, values } of model.unembedding.columns) {
    if (stream[wire] === 0) continue;
    const at = tokens.indexOf(token);
    if (at >= 0) found.push({ wire, value: stream[wire], weight: values[at] });
  }
  return found.sort((a, b) => Math.abs(b.value * b.weight) - Math.abs(a.value * a.weight));
}

/** The whole view. app: see `main.js`. */
export function whyView(app) {
  const { run, engine, selected } = app;
  const opened = app.opened();
  if (selected === 0) return [element("p", {}, "The first token: there is nothing before it that could decide it.")];
  const logits = engine.logits(opened.stream);
  return [
    lede(app, logits),
    element("div", { class: "block" }, element("h3", {}, "Where the heads looked",
      element("span", { class: "soft" }, `from position ${opened.position}`)),
    ribbon(run, opened.position, arcsOf(opened, run.model), Math.min(Math.max(byId("panel").clientWidth - 40, 330), 720))),
    decision(app, opened, logits),
    element("h3", { style: "margin-top: 22px" }, run.model.form === "looped" ? "Pass by pass, from the embedding" : "Layer by layer, from the embedding up"),
    opened.seen ? element("p", { class: "soft", id: "seen" }, seenText(run, opened.seen)) : null,
    embedding(app, opened),
    ...opened.steps.map((step, i) => (run.model.form === "looped" ? pass(app, opened, i) : layer(app, step))),
  ];
}

/** What a window shows of the trace; heads that ask for a position count from its beginning. */
function seenText(run, seen) {
  const last = seen[seen.length - 1];
  const whole = seen[seen.length - 1] - seen[0] + 1 === seen.length;
  const places = whole && seen.length > 3 ? `from position ${seen[0]} to ${last}` : `at positions ${seen.join(", ")}`;
  return `The transformer sees ${counted(seen.length, "token")} here, ${places}. In its window they are numbered from 0.`;
}

function lede(app, logits) {
  const { run, selected } = app;
  const instruction = run.instructionAt(selected);
  const number = run.number(selected);
  const decided = best(logits, 1)[0].token;
  const where = number > 0 ? `Token ${numberText(number)} of the trace` : `Position ${selected} of the prompt`;
  const lines = [[meaningOf(run, selected), app.doneAt(selected)].filter(Boolean).join(": ") || where];
  const facts = lines[0] === where ? [] : [where];
  if (instruction) facts.push(`instruction ${instruction.number} ${instruction.text.replace(/ +/g, " ")}`);
  const line = run.lineAt(selected);
  if (line) facts.push(instruction?.library ? `in the library, for line ${line}` : `line ${line}`);
  const after = element("p", {}, facts.length ? `${facts.join(" · ")}. ` : "",
    number > 0 || app.changed ? "Decided at the token before it, " : "Given; the transformer would have said ",
    number > 0 || app.changed ? chip(run, selected - 1) : run.vocabulary[decided], ".");
  const shown = app.changed && decided !== run.tokens[selected]
    ? element("p", { class: "differs" }, `With the change: ${run.vocabulary[decided]}`) : null;
  const big = chip(run, selected);
  big.classList.add("big");
  return element("div", { class: "lede" }, big, element("div", {}, element("p", {}, capital(lines[0])), after, shown));
}

const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);

function decision(app, opened, logits) {
  const { run } = app;
  const [first, second] = best(logits, 2);
  const name = (token) => run.vocabulary[token];
  const table = (title, rows) => element("table", {}, element("caption", { class: "quiet" }, title),
    element("thead", {}, element("tr", {}, element("th", { scope: "col" }, title), element("th", { class: "num", scope: "col" }, "logit"))),
    element("tbody", {}, rows.map(({ token, logit }, i) => element("tr", {},
      element("td", { class: "code" }, i === 0 ? element("strong", {}, name(token)) : name(token)),
      element("td", { class: "num" }, numberText(logit))))));
  const sums = contributions(run.model, opened.stream, first.token);
  const against = new Map(contributions(run.model, opened.stream, second.token).map((c) => [c.wire, c.weight]));
  const total = sums.reduce((most, { value, weight }) => Math.max(most, Math.abs(value * weight)), 1e-9);
  return element("div", { class: "block" },
    element("h3", {}, `${name(first.token)} wins by ${numberText(first.logit - second.logit)}`,
      element("span", { class: "soft" }, "the argmax is the token")),
    element("div", { class: "two" }, table("Best five tokens", best(logits)),
      run.families ? table("Best of each family", bids(logits, run.vocabulary)) : null),
    element("table", { style: "margin-top: 8px" }, element("thead", {}, element("tr", {},
      element("th", { scope: "col" }, `What made the logit of ${name(first.token)}`),
      ...["wire", "× weight", "= adds", `than to ${name(second.token)}`].map((t) => element("th", { class: "num", scope: "col" }, t)))),
    element("tbody", {}, sums.map(({ wire, value, weight }) => element("tr", {},
      element("td", { class: "named" }, app.wireButton(wire), " ", bar(value * weight, total)),
      element("td", { class: "num" }, numberText(value)), element("td", { class: "num" }, numberText(weight)),
      element("td", { class: "num" }, numberText(value * weight)),
      element("td", { class: "num" }, numberText(value * (weight - (against.get(wire) || 0)))))))));
}

function bar(value, total) {
  return element("span", { class: value < 0 ? "bar minus" : "bar", style: `width:${Math.round(46 * Math.abs(value) / total)}px`, "aria-hidden": "true" });
}

function embedding(app, opened) {
  const { run, engine } = app;
  const x = opened.steps.length ? opened.steps[0].before : opened.stream;
  const wires = [...x.keys()].filter((j) => x[j] !== 0);
  return element("div", { class: "block" }, element("h3", {}, "Embedding",
    element("span", { class: "soft" }, `what ${run.vocabulary[engine.tokens[opened.position]]} at position ${opened.position} says`)),
  element("div", { class: "wires" }, wires.map((j) => wireLine(app, j, 0, x[j]))));
}

function wireLine(app, wire, was, value) {
  return element("div", { class: "wire" }, app.wireButton(wire),
    element("span", {}, was !== 0 ? element("span", { class: "was" }, `${numberText(was)} → `) : null, numberText(value)));
}

function layer(app, step) {
  const { run } = app;
  const { heads, neurons } = run.model.layers[step.step];
  return element("div", { class: "block" },
    element("h3", {}, `Layer ${step.step + 1}`, element("span", { class: "soft" },
      `${counted(heads.length, "head")} · ${step.fired.length} of ${counted(neurons.length, "neuron")} fired`)),
    heads.map((head, h) => headLine(app, head, step.heads[h], step.step, h)),
    gates(app, step, neurons));
}

/** A head: what it asked, what it found, what it brought. */
export function headLine(app, head, found, step, h) {
  const { run } = app;
  const { model } = run;
  const brought = head.output.map((row, i) => [row, found.values[found.start + i]]);
  const idle = brought.every(([, value]) => value === 0);
  const wires = brought.flatMap(([row, value]) => (row.length ? [[model.wires[row[0]], value * row[1]]] : []))
    .filter(([, value]) => value !== 0);
  const found1 = found.weights.length === 1;
  const alike = found.weights.length > 1 && found.weights.every(([, w]) => Math.abs(w - found.weights[0][1]) < 1e-12);
  const looks = found.at < 0 ? "finds nothing" : found1 || !alike
    ? ["looks at ", ...found.weights.slice(0, 4).flatMap(([k, w], i) => [i ? " " : null, chip(run, k),
      ` at ${k}${w < 1 ? `, weight ${numberText(w)}` : ""}`])]
    : [`averages ${numberText(found.weights.length)} positions`];
  return element("div", { class: idle ? "head idle" : "head", onmouseenter: () => app.warm(head.name, true), onmouseleave: () => app.warm(head.name, false) },
    element("button", { class: "name", onclick: () => app.showHead(step, h) }, head.name),
    element("div", {},
      element("div", {}, `asks for ${asksText(run, head, found.query)}`),
      element("div", {}, looks, head.pattern === "latest" && found.at === 0 ? " (the first token, where nothing else fits)" : null,
        idle ? " and brings nothing" : null),
      wires.length ? element("div", { class: "brought" }, "brings ", wires.map(([name, value]) => `${name.slice(head.name.length + 1) || name} ${numberText(value)}`).join(", ")) : null,
      found.runner >= 0 && !alike ? element("div", { class: "gap" },
        `runner-up ${run.name(found.runner)} at ${found.runner}, ${numberText(found.gap)} less${found.gap >= 745 ? ": its weight is exactly 0" : ""}`) : null));
}

function gates(app, step, neurons) {
  const { run } = app;
  const { wires } = run.model;
  const written = new Map();
  for (const { n, open, hidden } of step.fired) {
    const [gate, up, down] = neurons[n];
    for (let i = 0; i < down.length; i += 2) {
      if (!written.has(down[i])) written.set(down[i], []);
      written.get(down[i]).push({ n, factor: down[i + 1], gate: expressionText(gate, wires), up: expressionText(up, wires), open, hidden });
    }
  }
  if (!written.size) return null;
  return element("div", { class: "wires", style: "margin-top: 6px" }, [...written].sort(([a], [b]) => a - b).map(([wire, terms]) =>
    element("details", {}, element("summary", {}, element("span", { class: "wire", style: "display: inline-flex; width: calc(100% - 1.4em); border: 0" },
      element("span", {}, wires[wire]), element("span", { style: "color: var(--ink)" }, numberText(step.after[wire])))),
    element("div", { class: "terms" }, terms.map(({ factor, gate, up, open, hidden }) => element("div", {},
      `${numberText(factor)} × relu(${gate}) × (${up}) = ${numberText(factor)} × ${numberText(open)} × ${numberText(open ? hidden / open : 0)}`)),
    app.wireButton(wire, "this wire in the circuit")))));
}

function pass(app, opened, i) {
  const { run } = app;
  const { heads, neurons } = run.model.layers[0];
  const step = opened.steps[i];
  const before = i > 0 ? opened.steps[i - 1] : null;
  const last = opened.steps[opened.steps.length - 1];
  const same = (a, b) => a.at === b.at && a.values.length === b.values.length && heads.length > 0
    && Array.from({ length: b.values.length - b.start }, (_, k) => a.values[a.start + k] === b.values[b.start + k]).every(Boolean);
  const shown = heads.map((_, h) => h).filter((h) => !before || !same(step.heads[h], before.heads[h]));
  const settled = heads.filter((_, h) => same(step.heads[h], last.heads[h])).length;
  const changed = [...step.after.keys()].filter((j) => step.after[j] !== (before ? before.after[j] : step.before[j]));
  const right = [...step.after.keys()].filter((j) => step.after[j] === last.after[j]).length;
  return element("div", { class: "block" },
    element("h3", {}, `Pass ${i + 1}`, element("span", { class: "soft" },
      changed.length ? `${settled} of ${counted(heads.length, "head")} and ${right} of ${counted(step.after.length, "wire")} have settled` : "nothing changes any more: a fixed point")),
    shown.map((h) => headLine(app, heads[h], step.heads[h], step.step, h)),
    element("div", { class: "wires", style: "margin-top: 6px" }, changed.map((j) => wireLine(app, j, before ? before.after[j] : step.before[j], step.after[j]))));
}
