// What heads look for and what tokens mean, in words; numbers and expressions as text.

/** A number as people write it: whole ones with thousands apart, others to six digits. */
export function numberText(x) {
  if (Number.isInteger(x) && Math.abs(x) < 1e15) return x.toLocaleString("en").replace("-", "−");
  if (!Number.isFinite(x)) return x > 0 ? "∞" : "−∞";
  if (Math.abs(x) >= 1e5 && Math.abs(x) < 1e15) return x.toLocaleString("en", { maximumFractionDigits: 3 }).replace("-", "−");
  return String(Number(x.toPrecision(6))).replace("-", "−");
}

/** "1 head", "2 heads". */
export function counted(count, word) {
  return `${numberText(count)} ${word}${count === 1 ? "" : "s"}`;
}

/** A sparse row as an expression of wires. */
export function expressionText(row, wires) {
  let text = "";
  for (let i = 0; i < row.length; i += 2) {
    const size = Math.abs(row[i + 1]);
    const name = wires[row[i]];
    const term = name === "one" ? numberText(size) : size === 1 ? name : `${numberText(size)} ${name}`;
    text += row[i + 1] < 0 ? (text ? " − " : "−") : text ? " + " : "";
    text += term;
  }
  return text || "0";
}

/** The kind of a token, for its colour: by the name of its family. */
export function kindOf(name) {
  const family = name.split("(")[0];
  if (/^(OP|N)$/.test(family)) return "program";
  if (/^(J|F|CALL|RET|SAME|[=/+\-@])$/.test(family)) return "jump";
  if (/^(INT|CHAR|[01:])$/.test(family)) return "print";
  if (/^(BOS|HALT|FAULT|[\^$#])$/.test(family)) return "end";
  return "data";
}

/** What a token means. */
export function meaningOf(run, position) {
  const name = run.name(position);
  const text = run.meanings[name.split("(")[0]] || run.meanings[name] || "";
  return text.replace("{value}", name.replace(/^.*\(|\)$/g, ""));
}

/** The name of a RAM's cell from the coordinates that heads use for it. */
export function cellName({ base, groups, locals }, coordinates) {
  const top = coordinates[groups - 1];
  if (!coordinates.every(Number.isInteger) || (top <= 0 && coordinates[0] < 0)) return "for what is not kept";
  if (top > 0) return `s${coordinates[0] - locals}${top > 1 ? ` of frame ${top}` : ""}`;
  const address = coordinates.reduce((sum, group, i) => sum + Math.abs(group) * base ** i, 0);
  return address < locals ? `g${address}` : `heap ${address}`;
}

/** What a head asks for at a token, from the query that `Engine.open` found. */
export function asksText(run, head, query) {
  const asked = askedNumbers(head, query);
  const template = run.heads[head.name];
  if (template) {
    return template
      .replaceAll("{0}", () => numberText(asked[0]))
      .replace("{instruction}", () => numberText(Math.floor((asked[0] - 1) / 4)))
      .replace("{cell}", () => cellName(run.cells, asked.slice(0, run.cells.groups)))
      .replace("{last}", () => numberText(asked[asked.length - 1]));
  }
  switch (head.pattern) {
    case "mean": return "all positions so far, each as much as any other";
    case "previous": return "the position before";
    case "offset": return `${head.distance} positions back`;
    case "at": return `position ${numberText(asked[0])}, which is ${head.asks[0][1]}`;
    default: {
      const equal = head.asks.map(([key, text], i) => `${key} = ${numberText(asked[i])} (its ${text})`);
      const which = head.pattern === "any" ? "all positions" : "the latest position";
      const among = head.within === null ? "" : `, of the last ${head.within + 1},`;
      return `${which}${among} where ${[head.eligible, ...equal].join(", ")}`;
    }
  }
}

/** The numbers that a head asks for: queries without the scale that makes scores hard. */
function askedNumbers(head, query) {
  const count = head.asks ? head.asks.length : 0;
  return query.slice(0, count).map((q) => q / (2 * head.scale));
}
