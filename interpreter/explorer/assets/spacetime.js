// Space and time: cells across, time down, a row for each write; the tape of a machine is a picture.
import { element } from "./dom.js";
import { resolved } from "./strip.js";
import { numberText } from "./words.js";

/** Cells that have numbers, by what their names have in common: Map from "heap" to the writes to such cells. */
export function spaces(run) {
  const found = new Map();
  for (const write of run.writes) {
    const [, kind, number, frame] = write.cell.match(/^(heap |[ABgs] ?)(-?\d+)( of frame \d+)?$/) || [];
    if (!kind || frame) continue;
    const name = { heap: "cells of the heap", A: "tape A", B: "tape B", g: "global cells", s: "slots of the first frame" }[kind.trim()];
    if (!found.has(name)) found.set(name, []);
    found.get(name).push({ ...write, number: Number(number) });
  }
  return found;
}

export function timeView(app) {
  const { run } = app;
  const all = spaces(run);
  if (!all.size) return [element("p", {}, "This run writes no numbered cells.")];
  const widest = [...all].sort(([a, x], [b, y]) => isTape(b) - isTape(a) || distinct(y) - distinct(x))[0][0];
  const name = all.has(app.space) ? app.space : widest;
  const choice = element("select", { "aria-label": "which cells", onchange: ({ target }) => { app.space = target.value; app.draw(); } },
    [...all.keys()].map((key) => element("option", { selected: key === name }, key)));
  const { canvas, rows, cells } = picture(app, all.get(name));
  return [
    element("div", { class: "line", style: "margin-bottom: 10px" }, choice, element("span", { class: "soft" }, ` ${numberText(cells)} cells across, ${numberText(rows)} writes down; the darker, the larger the value. Click to go there.`)),
    canvas,
  ];
}

const isTape = (name) => Number(/heap|tape/.test(name));

const distinct = (writes) => new Set(writes.map(({ number }) => number)).size;

function picture(app, writes) {
  const numbers = writes.map(({ number }) => number);
  const least = numbers.reduce((a, b) => Math.min(a, b));
  const cells = numbers.reduce((a, b) => Math.max(a, b)) - least + 1;
  const columns = Math.min(cells, 1200);
  const rows = Math.min(writes.length, 2400);
  const wide = Math.max(1, Math.min(26, Math.floor(620 / columns)));
  const tall = Math.max(1, Math.min(14, Math.floor(5000 / rows)));
  const canvas = element("canvas", { class: "space", width: columns * wide, height: rows * tall, role: "img",
    "aria-label": `${writes.length} writes to ${cells} cells` });
  const context = canvas.getContext("2d");
  const style = getComputedStyle(document.body);
  const values = writes.map(({ value }) => Math.abs(Number(value)) || 0);
  const most = Math.max(values.reduce((a, b) => Math.max(a, b), 0), 1);
  const [paper, ink, hot, rule] = ["--sunk", "--ink", "--fired", "--accent"].map((colour) => resolved(style.getPropertyValue(colour)));
  context.fillStyle = paper;
  context.fillRect(0, 0, canvas.width, canvas.height);
  const now = new Float64Array(columns);
  const place = (number) => Math.floor(((number - least) / cells) * columns);
  let drawn = -1;
  let marked = -1;
  writes.forEach((write, i) => {
    now[place(write.number)] = values[i];
    const row = Math.floor((i / writes.length) * rows);
    if (write.position <= app.selected) marked = row;
    if (row === drawn) return;
    drawn = row;
    context.fillStyle = ink;
    now.forEach((value, column) => {
      if (!value) return;
      context.globalAlpha = 0.25 + (0.75 * Math.log1p(value)) / Math.log1p(most);
      context.fillRect(column * wide, row * tall, wide, tall);
    });
    context.globalAlpha = 1;
    context.fillStyle = hot;
    context.fillRect((place(write.number) + 1 / 3) * wide, (row + 1 / 3) * tall, Math.max(wide / 3, 1), Math.max(tall / 3, 1));
  });
  context.fillStyle = rule;
  if (marked >= 0) context.fillRect(0, (marked + 1) * tall - 1, canvas.width, 2);
  canvas.addEventListener("click", ({ offsetY }) => {
    const row = (offsetY / canvas.clientHeight) * rows;
    app.select(writes[Math.min(Math.floor((row / rows) * writes.length), writes.length - 1)].position);
  });
  return { canvas, rows: writes.length, cells };
}
