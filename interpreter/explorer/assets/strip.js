// The whole run as a strip: the instruction that is carried out, from the first to the last, against time.
import { byId } from "./dom.js";

export class Strip {
  constructor(app) {
    this.app = app;
    this.canvas = byId("strip");
    this.slider = byId("slider");
    this.total = app.run.strip ? app.run.strip.tokens : app.run.number(app.run.last);
    this.slider.min = 1;
    this.slider.max = this.total;
    this.slider.addEventListener("input", () => app.select(Math.max(app.run.positionOf(Number(this.slider.value)), app.run.prompt)));
    new ResizeObserver(() => this.draw()).observe(this.canvas);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.draw());
  }

  show() {
    const { run, selected } = this.app;
    const number = run.number(selected);
    this.slider.value = number;
    this.slider.setAttribute("aria-valuetext", number > 0 ? `token ${number} of the trace` : `position ${selected} of the prompt`);
    this.draw();
  }

  draw() {
    const { run, selected } = this.app;
    const ratio = window.devicePixelRatio || 1;
    const width = (this.canvas.width = this.canvas.clientWidth * ratio);
    const height = (this.canvas.height = this.canvas.clientHeight * ratio);
    const context = this.canvas.getContext("2d");
    const style = getComputedStyle(document.body);
    const known = new Map();
    const colour = (name) => {
      if (!known.has(name)) known.set(name, resolved(style.getPropertyValue(name)));
      return known.get(name);
    };
    if (run.strip) this.summary(context, width, height, ratio, colour);
    else this.tokens(context, width, height, ratio, colour);
    context.fillStyle = colour("--fired");
    context.fillRect(this.x(selected) * width, 0, 2 * ratio, height);
  }

  /** Where a token of the trace is drawn, as a part of the width. */
  x(position) {
    return Math.max(this.app.run.number(position) - 1, 0) / Math.max(this.total, 1);
  }

  /** Each token of the page. */
  tokens(context, width, height, ratio, colour) {
    const { run } = this.app;
    const most = Math.max(run.instructions.length - 1, 1);
    const deep = Math.max(run.depth.reduce((a, b) => Math.max(a, b), 0), 1);
    const size = Math.max(1.4 * ratio, Math.min(6 * ratio, width / this.total));
    context.fillStyle = colour("--accent");
    run.current.forEach((pc, i) => context.fillRect(this.x(run.prompt + i) * width, 3 * ratio + (Math.min(Math.max(pc, 0), most) / most) * (height - 12 * ratio), size, size));
    context.fillStyle = colour("--soft");
    run.depth.forEach((depth, i) => {
      const tall = (depth / deep) * 8 * ratio;
      if (depth) context.fillRect(this.x(run.prompt + i) * width, height - tall, size, tall);
    });
  }

  /** The summary of a run that is longer than the page; a frame marks the part that the page has. */
  summary(context, width, height, ratio, colour) {
    const { run } = this.app;
    const { marks, depth, cells } = run.strip;
    const step = width / marks.length;
    const line = (height - 12 * ratio) / 30;
    const most = (values) => Math.max(values.reduce((a, b) => Math.max(a, b), 0), 1);
    const [deep, many] = [most(depth), most(cells)];
    marks.forEach((bits, i) => {
      context.fillStyle = colour("--program");
      const tall = (cells[i] / many) * height;
      context.fillRect(i * step, height - tall, step + 0.5, tall);
      context.fillStyle = colour("--accent");
      for (let row = 0; row < 30; row += 1)
        if ((bits >> row) & 1) context.fillRect(i * step, 2 * ratio + row * line, Math.max(step, 1), Math.max(line, 1));
      context.fillStyle = colour("--soft");
      context.fillRect(i * step, height - (depth[i] / deep) * 8 * ratio, Math.max(step, 1), (depth[i] / deep) * 8 * ratio);
    });
    context.strokeStyle = colour("--fired");
    context.lineWidth = ratio;
    context.strokeRect(this.x(run.prompt) * width, ratio, Math.max((this.x(run.last) - this.x(run.prompt)) * width, 2 * ratio), height - 2 * ratio);
  }
}

/** A colour of the style sheet as a canvas understands it: `light-dark(a, b)` is one of the two. */
export function resolved(value) {
  const probe = document.createElement("span");
  probe.style.color = value;
  document.body.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}
