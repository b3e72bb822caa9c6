// One token as an SVG file, for a paper: where the heads looked, what they brought, and the logits.
import { element } from "./dom.js";
import { arcsOf, ribbon } from "./ribbon.js";
import { best } from "./why.js";
import { asksText, numberText } from "./words.js";

const STYLE = `text{font:11px ui-monospace,Menlo,Consolas,"DejaVu Sans Mono",monospace;fill:#222}.title{font:600 15px system-ui,Helvetica,Arial,sans-serif}
.soft{fill:#666}.ribbon path{fill:none;stroke:#a8480c;opacity:.75}.ribbon .axis{stroke:#ccc}.ribbon .asked{fill:#3d47b0}.ribbon .seen{fill:#a8480c}`;

/** The drawing as text. */
export function svgOf(app) {
  const { run, selected, engine } = app;
  const opened = app.opened();
  const lines = [];
  opened.steps.forEach((step) => {
    const { heads } = run.model.layers[run.model.form === "looped" ? 0 : step.step];
    if (run.model.form === "looped" && step.step < opened.steps.length - 1) return;
    heads.forEach((head, h) => {
      const found = step.heads[h];
      const values = head.output.map((row, i) => [run.model.wires[row[0]], found.values[found.start + i]]).filter(([, value]) => value !== 0);
      if (!values.length) return;
      const brings = values.map(([name, value]) => `${name} ${numberText(value)}`).join(", ");
      const where = found.weights.length === 1 ? `${run.name(found.at)} at ${found.at}` : `${found.weights.length} positions`;
      lines.push([`${head.name}: ${asksText(run, head, found.query)}`, `${where}: ${brings}`]);
    });
  });
  const logits = best(engine.logits(opened.stream));
  const arcs = ribbon(run, opened.position, arcsOf(opened, run.model), 860);
  arcs.setAttribute("x", 20);
  arcs.setAttribute("y", 44);
  arcs.setAttribute("width", 860);
  arcs.setAttribute("height", 120);
  const text = (x, y, content, kind = "") => element("svg:text", { x, y, class: kind }, content.length > 120 ? `${content.slice(0, 119)}…` : content);
  const top = 190;
  const height = top + 30 * lines.length + 22 * 6;
  const number = run.number(selected);
  const svg = element("svg:svg", { xmlns: "http://www.w3.org/2000/svg", width: 900, height, viewBox: `0 0 900 ${height}` },
    element("svg:style", {}, STYLE), element("svg:rect", { width: 900, height, fill: "white" }),
    text(20, 30, `${run.title}: ${run.name(selected)}, ${number > 0 ? `token ${number} of the trace` : `position ${selected} of the prompt`}`, "title"),
    arcs, lines.flatMap(([asks, brings], i) => [text(20, top + 30 * i, asks), text(34, top + 13 + 30 * i, brings, "soft")]),
    text(20, top + 30 * lines.length + 14, "best five logits", "soft"),
    logits.map(({ token, logit }, i) => text(20, top + 30 * lines.length + 34 + 18 * i, `${run.vocabulary[token].padEnd(12)} ${numberText(logit)}`)));
  return new XMLSerializer().serializeToString(svg);
}

export function saveSvg(app) {
  const link = element("a", { href: URL.createObjectURL(new Blob([svgOf(app)], { type: "image/svg+xml" })), download: `token-${app.run.number(app.selected)}.svg` });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}
