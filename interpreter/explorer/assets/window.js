// Machines that show the transformer less than the whole trace: which tokens it sees at each, and an engine for that.
//
// What is seen at a token is computed as if nothing else were there, with positions counted within the window; what is
// found in it is told by the positions of the trace. See `compiler/machines/machine.py`, `Window`.
import { Engine } from "./engine.js";

/** Where a window begins, token by token: the rules of the loop around the transformer, which decides no token. */
class Places {
  /** plain: the window of the payload; prompt: how many tokens the prompt has. */
  constructor(plain, prompt) {
    this.plain = plain;
    this.prompt = prompt;
    this.more = new Set(plain.more);
    this.starts = []; // of the window after each token
  }

  /** The positions that are seen after the token at this one. */
  seen(position) {
    const start = this.starts[position];
    const { kind } = this.plain;
    if (kind === "queue" && position > start) return [start, start + 1, position];
    return Array.from({ length: position - start + 1 }, (_, i) => start + i);
  }

  /** The trace goes on with the last of these tokens. A prompt is given whole: in it nothing moves on. */
  push(tokens) {
    const position = tokens.length - 1;
    const token = tokens[position];
    let start = position > 0 ? this.starts[position - 1] : 0;
    const { kind, size, begins, ends } = this.plain;
    if (kind === "last") start = Math.max(0, tokens.length - size);
    else if (position >= this.prompt) {
      if (kind === "queue" && !this.more.has(token)) start += 1;
      if (kind === "summary" && token === ends) start = Math.max(start, tokens.lastIndexOf(begins));
    }
    this.starts.push(start);
  }
}

/** An engine that sees a window; it has what `Engine` has. */
export class WindowEngine {
  constructor(model, options, prompt) {
    this.model = model;
    this.options = options;
    this.places = new Places(model.window, prompt);
    this.tokens = [];
    this.shown = []; // the positions that `inner` has
    this.inner = null;
  }

  get length() {
    return this.tokens.length;
  }

  /** The engine that has read what is seen at a position. */
  at(position) {
    const seen = this.places.seen(position);
    const { shown } = this;
    const goesOn = seen.length >= shown.length && shown.every((place, i) => place === seen[i]);
    if (!this.inner || !goesOn) {
      this.inner = new Engine(this.model, this.options);
      this.shown = [];
    }
    for (const place of seen.slice(this.shown.length)) this.stream = this.inner.append(this.tokens[place]);
    this.shown = seen;
    return this.inner;
  }

  append(token) {
    this.tokens.push(token);
    this.places.push(this.tokens);
    this.at(this.length - 1);
    return this.stream;
  }

  /** See `Engine.open`; seen: the positions that are in the window. */
  open(position) {
    const seen = this.places.seen(position);
    const inner = new Engine(this.model, this.options);
    for (const place of seen) inner.append(this.tokens[place]);
    const opened = inner.open(seen.length - 1);
    const placed = (k) => (k < 0 ? k : seen[k]);
    for (const { heads } of opened.steps)
      for (const found of heads) {
        found.at = placed(found.at);
        found.runner = placed(found.runner);
        found.weights = found.weights.map(([k, weight]) => [placed(k), weight]);
      }
    return { ...opened, position, seen };
  }

  /** See `Engine.cut`. */
  cut(position, wire) {
    return this.at(position).cut(this.shown.length - 1, wire);
  }

  logits(x) {
    return this.inner.logits(x);
  }

  next(x) {
    return this.inner.next(x);
  }
}

/** The engine for a run: of its weights, or of others. */
export function engineFor(run, model = run.model, options = {}) {
  return model.window ? new WindowEngine(model, options, run.prompt) : new Engine(model, options);
}
