// The transformer in plain JavaScript: the same weights, the same arithmetic, token by token.
//
// `Engine.append` decodes with an index, as the engines of the project do: of positions whose keys are equal but for
// recency only the latest can win. `Engine.open` computes one token as the definition says, a softmax over all
// positions, and keeps everything that it comes by. Data type: float64, or float32 with every operation rounded.

const SURE = 746; // exp(-746) is 0 in float64: with such a gap the softmax is exactly one-hot.
const POSITIONAL = 5; // features that come before the digits of a position

/** A growable list of rows of equal length, one after the other in `data`. */
class Rows {
  constructor(width, vector) {
    this.width = width;
    this.vector = vector;
    this.count = 0;
    this.data = vector(8 * width);
  }

  push(row) {
    this.count += 1;
    if (this.count * this.width > this.data.length) {
      const larger = this.vector(2 * this.data.length);
      larger.set(this.data);
      this.data = larger;
    }
    this.set(this.count - 1, row);
  }

  set(number, row) {
    for (let i = 0; i < this.width; i += 1) this.data[number * this.width + i] = row[i];
  }
}

/** Sums a sparse row `[wire, coefficient, …]` over a stream, in the order of the wires. */
function dot(row, x) {
  let sum = 0;
  for (let i = 0; i < row.length; i += 2) sum += row[i + 1] * x[row[i]];
  return sum;
}

/** The same in float32: a product and a sum are rounded together, as fused instructions do it. */
function dot32(row, x) {
  let sum = 0;
  for (let i = 0; i < row.length; i += 2) sum = Math.fround(sum + row[i + 1] * x[row[i]]);
  return sum;
}

/** Adds a multiple of a sparse row to a stream, whose type rounds what is stored. */
function add(x, row, factor) {
  for (let i = 0; i < row.length; i += 2) x[row[i]] += row[i + 1] * factor;
}

/** How a head can be looked up: "mean", "at", or "latest" with what its score gains with each position. */
function lookup(head, one, position, square) {
  const { query, key } = head;
  if (head.relative) return { how: "scan" };
  if (query.length === 0) return { how: "mean" };
  const is = (row, wire) => row.length === 2 && row[0] === wire && row[1] === 1;
  if (query.length === 2 && is(key[0], position) && is(key[1], square) && query[1][0] === one && query[1].length === 2)
    return query[1][1] < 0 ? { how: "at", curvature: -query[1][1] } : { how: "scan" };
  let slope = 0;
  for (let i = 0; i < key.length; i += 1) {
    const at = key[i].findIndex((wire, j) => j % 2 === 0 && wire === position);
    if (at < 0) continue;
    const constant = query[i].length === 2 && query[i][0] === one;
    if (!constant) return { how: "scan" };
    slope += query[i][1] * key[i][at + 1];
  }
  return slope >= SURE ? { how: "latest", slope } : { how: "scan" };
}

/** Whether the wires with which heads find positions carry nothing but 1, the position and its square. */
function tellsPositions(model, wires) {
  const entry = (row, wire) => row.reduce((sum, value, i) => (i % 2 && row[i - 1] === wire ? sum + value : sum), 0);
  const plain = wires.every((wire, feature) =>
    wire !== undefined && model.positional.every((row, other) => entry(row, wire) === Number(other === feature)));
  return plain && !model.embedding.wires.some((wire) => wires.includes(wire));
}

/** What one head has seen in one layer or pass: keys, values, and of equal keys the latest. */
class HeadCache {
  constructor(head, how, vector) {
    this.how = how;
    this.keys = new Rows(head.key.length, vector);
    this.values = new Rows(head.value.length, vector);
    this.query = vector(head.query.length);
    this.key = vector(head.key.length);
    this.value = vector(head.value.length);
    this.sums = vector(head.value.length);
    this.slots = new Map(); // by key without recency: its number among `latest` and `latestKeys`
    this.latest = [];
    this.latestKeys = new Rows(head.key.length, vector);
  }

  /** Remembers `key` and `value`; `name`: the key without recency. */
  push(name) {
    const position = this.keys.count;
    this.keys.push(this.key);
    this.values.push(this.value);
    if (this.how.how === "mean") for (let i = 0; i < this.sums.length; i += 1) this.sums[i] += this.value[i];
    if (this.how.how !== "latest") return;
    const slot = this.slots.get(name);
    if (slot === undefined) {
      this.slots.set(name, this.latest.length);
      this.latest.push(position);
      this.latestKeys.push(this.key);
    } else {
      this.latest[slot] = position;
      this.latestKeys.set(slot, this.key);
    }
  }
}

export class Engine {
  /** model: the weights of the payload; single: whether to round to float32. */
  constructor(model, { single = false } = {}) {
    this.model = model;
    this.single = single;
    this.vector = single ? (size) => new Float32Array(size) : (size) => new Float64Array(size);
    this.round = single ? Math.fround : (x) => x;
    this.dot = single ? dot32 : dot;
    this.wire = new Map(model.wires.map((name, i) => [name, i]));
    this.one = this.wire.get("one");
    this.position = this.wire.get("position");
    this.square = this.wire.get("position squared");
    this.looped = model.form === "looped";
    this.steps = this.looped ? model.passes : model.layers.length;
    const scans = single || !tellsPositions(model, [this.one, this.position, this.square]);
    this.hows = model.layers.map((layer) =>
      layer.heads.map((head) => (scans ? { how: "scan" } : lookup(head, this.one, this.position, this.square))));
    this.caches = Array.from({ length: this.steps }, (_, step) =>
      this.layer(step).heads.map((head, h) => new HeadCache(head, this.hows[this.number(step)][h], this.vector)));
    [this.attended, this.middle, this.written] = [0, 1, 2].map(() => this.vector(model.wires.length));
    this.tokens = [];
  }

  number(step) {
    return this.looped ? 0 : step;
  }

  layer(step) {
    return this.model.layers[this.number(step)];
  }

  get length() {
    return this.tokens.length;
  }

  /** The embedding of a token at a position. */
  embedded(token, position) {
    const x = this.vector(this.model.wires.length);
    const { start, wires, values } = this.model.embedding;
    for (let i = start[token]; i < start[token + 1]; i += 1) x[wires[i]] = values[i];
    this.model.positional.forEach((row, feature) => add(x, row, this.feature(feature, position)));
    return x;
  }

  feature(number, position) {
    const p = this.round(position);
    switch (number) {
      case 0: return 1;
      case 1: return p;
      case 2: return this.round(p * p);
      case 3: return 1 - 2 * (p % 2);
      case 4: return p === 0 ? 1 : 0;
      default: return Math.floor(p / this.model.radix ** (number - POSITIONAL)) % this.model.radix;
    }
  }

  /** The next token; returns the stream from which the token after it is decided. */
  append(token) {
    const x = this.run(token, this.length, { store: true });
    this.tokens.push(token);
    return x;
  }

  /** One token as the definition has it, with all that happens: see `run`. */
  open(position) {
    const steps = [];
    const x = this.run(this.tokens[position], position, { onStep: (step) => steps.push(step) });
    return { position, token: this.tokens[position], steps, stream: x };
  }

  /** The stream at the last position with a wire that carries 0; see `run`. */
  cut(position, wire) {
    return this.run(this.tokens[position], position, { indexed: true, without: wire });
  }

  /**
   * The stream after the last layer or pass.
   *
   * store: remember keys and values, and look positions up; otherwise softmax over all positions up to this one.
   * indexed: look positions up without remembering. without: a wire that carries 0 whatever is written to it.
   * onStep: is given, for each layer or pass, the stream before and after, and what each head and neuron did.
   */
  run(token, position, { store = false, indexed = store, without = -1, onStep = null } = {}) {
    const { attended, middle, written } = this;
    const injected = this.embedded(token, position);
    const width = injected.length;
    if (without >= 0) injected[without] = 0;
    written.fill(0);
    let x = injected;
    for (let step = 0; step < this.steps; step += 1) {
      const layer = this.layer(step);
      const heads = onStep ? [] : null;
      const fired = onStep ? [] : null;
      attended.fill(0);
      for (let h = 0; h < layer.heads.length; h += 1) {
        const found = this.attend(step, h, x, position, store, indexed);
        const { output } = layer.heads[h];
        for (let i = 0; i < output.length; i += 1) add(attended, output[i], found.values[found.start + i]);
        if (onStep) heads.push(found);
      }
      const base = this.looped ? injected : x;
      const after = this.vector(width);
      for (let j = 0; j < width; j += 1) after[j] = base[j] + attended[j];
      middle.set(after);
      // A pass of the looped form reads what the last one wrote, and puts its own in the place of it.
      if (this.looped) for (let j = 0; j < width; j += 1) middle[j] += written[j];
      if (without >= 0) middle[without] = 0;
      written.fill(0);
      for (let n = 0; n < layer.neurons.length; n += 1) {
        const [gate, up, down] = layer.neurons[n];
        const open = this.dot(gate, middle);
        if (!(open > 0)) continue;
        const hidden = this.round(open * this.dot(up, middle));
        add(written, down, hidden);
        if (onStep && hidden !== 0) fired.push({ n, open, hidden });
      }
      for (let j = 0; j < width; j += 1) after[j] += written[j];
      if (without >= 0) after[without] = 0;
      if (onStep) onStep({ step, before: x, middle: middle.slice(), after, heads, fired });
      x = after;
    }
    return x;
  }

  /** What a head brings at this stream, `values[start]` and on, and from which position, -1 if from several. */
  attend(step, h, x, position, store, indexed) {
    const head = this.layer(step).heads[h];
    const cache = this.caches[step][h];
    for (let i = 0; i < head.query.length; i += 1) cache.query[i] = this.dot(head.query[i], x);
    if (store) {
      for (let i = 0; i < head.key.length; i += 1) cache.key[i] = this.dot(head.key[i], x);
      for (let i = 0; i < head.value.length; i += 1) cache.value[i] = this.dot(head.value[i], x);
      cache.push(cache.how.how === "latest" ? this.nameOf(head, x) : "");
    }
    const quick = indexed ? this.lookedUp(cache, position) : null;
    return quick || this.scanned(head, cache, position);
  }

  /** A key without what the position adds to it. */
  nameOf(head, x) {
    const p = x[this.position];
    x[this.position] = 0;
    let name = "";
    for (const row of head.key) name += `${this.dot(row, x)},`;
    x[this.position] = p;
    return name;
  }

  /** The same as `scanned` without going through all positions; null where that is not certain. */
  lookedUp(cache, position) {
    const { how, curvature, slope } = cache.how;
    const { query, values } = cache;
    if (how === "mean") return { values: cache.sums.map((sum) => sum / (position + 1)), start: 0, at: -1 };
    let best = -1;
    if (how === "at") {
      const target = query[0] / (2 * curvature);
      best = Math.min(Math.max(Math.round(target), 0), position);
      const least = curvature * (best - target) ** 2 + SURE;
      if (best > 0 && curvature * (best - 1 - target) ** 2 < least) return null;
      if (best < position && curvature * (best + 1 - target) ** 2 < least) return null;
    } else if (how === "latest") {
      const { data, width } = cache.latestKeys;
      let first = -Infinity;
      let second = -Infinity;
      let slot = -1;
      for (let k = 0; k < cache.latest.length; k += 1) {
        let score = 0;
        for (let i = 0; i < width; i += 1) score += query[i] * data[k * width + i];
        if (score > first) {
          second = first;
          first = score;
          slot = k;
        } else if (score > second) second = score;
      }
      if (!(first - second >= SURE && slope >= SURE)) return null;
      best = cache.latest[slot];
    } else return null;
    return { values: values.data, start: best * values.width, at: best };
  }

  /**
   * Softmax attention over all positions up to this one.
   *
   * weights: those that are not 0, with their positions; runner: the second best position; gap: of their scores.
   */
  scanned(head, cache, position) {
    const { query, keys } = cache;
    const { data, width: size } = keys;
    const count = position + 1;
    const scores = this.vector(count);
    for (let k = 0; k < count; k += 1) {
      // In float32, storing rounds each term as it is added.
      for (let i = 0; i < size; i += 1) scores[k] += query[i] * data[k * size + i];
      if (!head.relative) continue;
      const bias = head.relative[Math.min(position - k, head.relative.length - 1)];
      scores[k] = bias === null ? -Infinity : scores[k] + bias;
    }
    let at = -1;
    let runner = -1;
    for (let k = 0; k < count; k += 1) {
      if (scores[k] === -Infinity) continue;
      if (at < 0 || scores[k] >= scores[at]) {
        runner = at;
        at = k;
      } else if (runner < 0 || scores[k] >= scores[runner]) runner = k;
    }
    const width = cache.values.width;
    const values = this.vector(width);
    const asked = Array.from(query);
    if (at < 0) return { values, start: 0, at, runner, query: asked, weights: [], gap: Infinity };
    // In the place of each score comes its exponential; most are so far below the best that they are 0.
    const best = scores[at];
    const second = runner < 0 ? -Infinity : scores[runner];
    const total = this.vector(1);
    for (let k = 0; k < count; k += 1) {
      scores[k] = best - scores[k] > SURE ? 0 : Math.exp(scores[k] - best);
      total[0] += scores[k];
    }
    const weights = [];
    for (let k = 0; k < count; k += 1) {
      if (scores[k] === 0) continue;
      const weight = this.round(scores[k] / total[0]);
      weights.push([k, weight]);
      for (let i = 0; i < width; i += 1) values[i] += weight * cache.values.data[k * width + i];
    }
    const gap = runner < 0 ? Infinity : best - second;
    return { values, start: 0, at, runner, query: asked, weights, gap };
  }

  /** The logit of every token, from the last stream. */
  logits(x) {
    const { columns, size } = this.model.unembedding;
    const logits = this.vector(size);
    for (const { wire, tokens, values } of columns) {
      const factor = x[wire];
      if (factor === 0) continue;
      for (let i = 0; i < tokens.length; i += 1) logits[tokens[i]] += values[i] * factor;
    }
    return logits;
  }

  /** The token that is decided from the last stream: the first of those with the largest logit. */
  next(x) {
    return argmax(this.logits(x));
  }
}

export function argmax(values) {
  let best = 0;
  for (let i = 1; i < values.length; i += 1) if (values[i] > values[best]) best = i;
  return best;
}

/** The weights of the payload with embedding and unembedding as the engine reads them. */
export function unpacked(plain, vocabulary) {
  const columns = (packed) => Object.entries(packed).map(([wire, [steps, values]]) => {
    const tokens = spread(steps);
    for (let i = 1; i < tokens.length; i += 1) tokens[i] += tokens[i - 1];
    return { wire: Number(wire), tokens: Int32Array.from(tokens), values: Float64Array.from(spread(values)) };
  });
  return {
    ...plain,
    embedding: byToken(columns(plain.embedding), vocabulary),
    unembedding: { columns: columns(plain.unembedding), size: vocabulary },
  };
}

function spread(runs) {
  const values = [];
  for (let i = 0; i < runs.length; i += 2) for (let n = runs[i + 1]; n > 0; n -= 1) values.push(runs[i]);
  return values;
}

/** Columns turned into rows: the entries of token t are number `start[t]` to `start[t + 1] - 1`. */
function byToken(columns, size) {
  const start = new Int32Array(size + 1);
  for (const { tokens } of columns) for (const token of tokens) start[token + 1] += 1;
  for (let t = 0; t < size; t += 1) start[t + 1] += start[t];
  const next = start.slice();
  const wires = new Int32Array(start[size]);
  const values = new Float64Array(start[size]);
  for (const column of columns)
    column.tokens.forEach((token, i) => {
      wires[next[token]] = column.wire;
      values[next[token]] = column.values[i];
      next[token] += 1;
    });
  return { start, wires, values };
}
