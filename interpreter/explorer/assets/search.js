// Search: a token, a cell, a line, a word of the source, "out".

/** Selects what is found next; says so if nothing is. */
export function search(app, text) {
  const { run } = app;
  const wanted = text.trim();
  if (!wanted) return;
  const line = wanted.match(/^line (\d+)$/i);
  const number = wanted.match(/^#?(\d+)$/);
  if (line) app.toLine(Number(line[1]));
  else if (number) app.select(run.positionOf(Number(number[1])));
  else if (/^out(put)?$/i.test(wanted)) app.toOutput();
  else if (run.writes.some(({ cell }) => cell === wanted)) {
    const writes = new Set(run.writes.filter(({ cell }) => cell === wanted).map(({ position }) => position));
    app.next((p) => writes.has(p));
  } else {
    const low = wanted.toLowerCase();
    const instruction = new Set(run.instructions.filter(({ text: code, note }) => `${code} ${note}`.replace(/ +/g, " ").toLowerCase().includes(low)).map((i) => i.number));
    app.next((p) => run.name(p).toLowerCase() === low
      || (p >= run.prompt && run.starts.has(p) && instruction.has(run.current[p - run.prompt])));
  }
}
