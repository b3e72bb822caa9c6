// Where the heads look, as arcs over a line of all positions.
import { element } from "./dom.js";

/** From a position to those it attends to: [{ to, weight, head }], the strongest arc of each place. */
export function arcsOf(opened, model) {
  const arcs = [];
  opened.steps.forEach((step) => {
    step.heads.forEach((found, h) => {
      const head = model.layers[model.form === "looped" ? 0 : step.step].heads[h];
      if (head.pattern === "mean" && found.weights.length > 8) return;
      for (const [to, weight] of found.weights) if (weight > 0.001) arcs.push({ to, weight, head: head.name, step: step.step });
    });
  });
  return arcs;
}

/** The line of positions with an arc to each place that a head looks at. */
export function ribbon(run, from, arcs, width = 720) {
  const base = 84;
  const places = [...new Set(arcs.map(({ to }) => to))].sort((a, b) => a - b);
  const x = spread([...new Set([...places, from])].sort((a, b) => a - b), width);
  const parts = [element("svg:line", { class: "axis", x1: 4, x2: width - 4, y1: base, y2: base })];
  for (const arc of arcs) {
    const [a, b] = [x.get(arc.to), x.get(from)];
    const up = Math.min(base - 4, 22 + Math.abs(b - a) * 0.2) * 1.25;
    const d = arc.to === from
      ? `M${a - 4} ${base} C${a - 14} ${base - 22} ${a + 14} ${base - 22} ${a + 4} ${base}`
      : `M${b} ${base} C${b} ${base - up} ${a} ${base - up} ${a} ${base}`;
    parts.push(element("svg:path", { d, "stroke-width": 0.6 + 1.2 * arc.weight, "data-head": arc.head, "data-to": arc.to, "data-weight": arc.weight },
      element("svg:title", {}, `${arc.head} looks at position ${arc.to}, weight ${arc.weight.toPrecision(4)}`)));
  }
  const ends = [-Infinity, -Infinity];
  for (const [place, at] of x) {
    parts.push(element("svg:circle", { cx: at, cy: base, r: place === from ? 4.5 : 3.2, class: place === from ? "asked" : "seen" }));
    const name = run.name(place);
    const half = Math.max(name.length, 4) * 3.3;
    const middle = Math.min(Math.max(at, half + 2), width - half - 2);
    const level = middle - half > ends[0] ? 0 : 1;
    if (middle - half <= ends[level]) continue;
    ends[level] = middle + half + 5;
    const y = base + 15 + 27 * level;
    if (level) parts.push(element("svg:line", { class: "axis", x1: at, x2: at, y1: base + 4, y2: y - 9 }));
    parts.push(element("svg:text", { x: middle, y, "text-anchor": "middle", "data-p": place, class: "name" }, name));
    parts.push(element("svg:text", { x: middle, y: y + 10, "text-anchor": "middle" }, String(place)));
  }
  return element("svg:svg", { class: "ribbon", viewBox: `0 0 ${width} ${base + 56}`, role: "img",
    "aria-label": `Heads look from position ${from} at positions ${places.join(", ")}` }, parts);
}

/** Places from left to right, evenly but for a little: the logarithm of the distance counts as well. */
function spread(places, width) {
  const at = new Map([[places[0], 0]]);
  for (let i = 1; i < places.length; i += 1)
    at.set(places[i], at.get(places[i - 1]) + 3 + Math.log2(places[i] - places[i - 1]));
  const total = at.get(places[places.length - 1]);
  for (const [place, value] of at) at.set(place, total ? 30 + (value / total) * (width - 60) : width / 2);
  return at;
}
