// The whole run as a strip: the instruction that is carried out, from the first to the last, against time.
import { byId } from "./dom.js";

export class Strip {
  constructor(app) {
    this.app = app;
    this.canvas = byId("strip");
    this.slider = byId("slider");
    this.slider.max = app.run.last;
    this.slider.addEventListener("input", () => app.select(Number(this.slider.value)));
    new ResizeObserver(() => this.draw()).observe(this.canvas);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.draw());
  }

  show() {
    const { run, selected } = this.app;
    this.slider.value = selected;
    const number = run.number(selected);
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
    const colour = (name) => resolved(style.getPropertyValue(name));
    const most = Math.max(run.instructions.length - 1, 1);
    const deep = Math.max(run.depth.reduce((a, b) => Math.max(a, b), 0), 1);
    const x = (p) => (p / Math.max(run.last, 1)) * (width - 4 * ratio) + 2 * ratio;
    context.fillStyle = colour("--program");
    context.fillRect(0, 0, x(run.prompt), height);
    context.fillStyle = colour("--accent");
    const size = Math.max(1.4 * ratio, Math.min(5 * ratio, width / run.tokens.length));
    run.current.forEach((pc, i) => context.fillRect(x(run.prompt + i), 3 * ratio + (Math.min(Math.max(pc, 0), most) / most) * (height - 12 * ratio), size, size));
    context.fillStyle = colour("--soft");
    run.depth.forEach((depth, i) => {
      const tall = (depth / deep) * 8 * ratio;
      if (depth) context.fillRect(x(run.prompt + i), height - tall, size, tall);
    });
    context.fillStyle = colour("--fired");
    context.fillRect(x(selected) - ratio, 0, 2 * ratio, height);
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
