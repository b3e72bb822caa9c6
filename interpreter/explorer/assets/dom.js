// Making elements, and lists of which only what is seen is in the page.
import { kindOf } from "./words.js";

/** An element: attributes, listeners (`onclick`), and children, which may be text. */
export function element(name, attributes = {}, ...children) {
  const made = name.startsWith("svg:")
    ? document.createElementNS("http://www.w3.org/2000/svg", name.slice(4))
    : document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return made;
}

export function byId(id) {
  return document.getElementById(id);
}

/** A token as a button that selects it. */
export function chip(run, position, { selected = -1, found = null } = {}) {
  const name = run.name(position);
  const number = run.number(position);
  const where = number > 0 ? `token ${number} of the trace` : `position ${position}, in the prompt`;
  return element("button", {
    class: `chip ${kindOf(name)}${position === selected ? " selected" : ""}${found && found.has(position) ? " found" : ""}`,
    "data-p": position,
    title: where,
    "aria-label": `${name}, ${where}`,
    "aria-current": position === selected ? "true" : null,
  }, name);
}

/** A list of very many rows of one height. `row(i)` makes the element of row i. */
export class LongList {
  constructor(container, height, row) {
    this.container = container;
    this.height = height;
    this.row = row;
    this.count = 0;
    this.inner = element("div", { class: "long" });
    container.replaceChildren(this.inner);
    container.addEventListener("scroll", () => this.draw());
    new ResizeObserver(() => this.draw()).observe(container);
  }

  show(count) {
    this.count = count;
    this.inner.style.height = `${count * this.height}px`;
    this.draw();
  }

  draw() {
    const { scrollTop, clientHeight } = this.container;
    const first = Math.max(0, Math.floor(scrollTop / this.height) - 6);
    const last = Math.min(this.count, Math.ceil((scrollTop + clientHeight) / this.height) + 6);
    const rows = [];
    for (let i = first; i < last; i += 1) {
      const row = this.row(i);
      row.style.top = `${i * this.height}px`;
      rows.push(row);
    }
    this.inner.replaceChildren(...rows);
  }

  /** Scrolls as little as needed to have a row in sight, with some rows around it. */
  reveal(i) {
    const { scrollTop, clientHeight } = this.container;
    const top = i * this.height;
    const margin = Math.min(3 * this.height, clientHeight / 3);
    if (top < scrollTop + margin) this.container.scrollTop = top - margin;
    else if (top + this.height > scrollTop + clientHeight - margin)
      this.container.scrollTop = top + this.height - clientHeight + margin;
    this.draw();
  }
}

/** Does a piece of work again and again until it says that it is done, and lets the page live in between. */
export async function inPieces(piece, progress = () => {}) {
  for (;;) {
    const until = performance.now() + 40;
    let done = false;
    while (!done && performance.now() < until) done = piece();
    if (done) return;
    progress();
    await new Promise((resolve) => setTimeout(resolve));
  }
}
