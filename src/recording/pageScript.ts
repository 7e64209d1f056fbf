/**
 * Runs in the page of a recording. A row for each peer: above what they say, below what we send, and behind both how
 * many requests are open; a band says which side chokes the other. The last row has a dot for each piece, where and
 * when it was stored. Letters stand on a grid: in each cell the one that matters most of what happened in it.
 */
export const SCRIPT = `
const canvas = document.querySelector('canvas'),
  pen = canvas.getContext('2d'),
  what = document.querySelector('#what');
const ROW = 64,
  LEFT = 190,
  RIGHT = 16,
  TOP = 26,
  PIECES = 130,
  CELL = 8;
const dark = matchMedia('(prefers-color-scheme: dark)').matches;
const INK = dark ? '#ddd' : '#222',
  FAINT = dark ? '#383838' : '#e6e6e6',
  QUIET = dark ? '#999' : '#777',
  AREA = dark ? '#3a3020' : '#fdeccf',
  RED = dark ? '#ff6b6b' : '#c62828',
  GREEN = dark ? '#6fcf74' : '#2e8b34',
  BLUE = dark ? '#6db3ff' : '#1565c0',
  ORANGE = dark ? '#ffb454' : '#b86200';
const COLOURS = { P: BLUE, R: ORANGE, C: RED, U: GREEN, s: BLUE, c: RED, d: GREEN, '#': RED, '!': RED, '|': RED };
const COLOUR = (letter) => COLOURS[letter] || INK;
/* What matters most first: of several letters in a cell that one is shown. */
const WEIGHT = '#!dc|C^UhJXINBwlrjEASDHKRPs';
const rows = D.peers;
const stored = D.give.flatMap(([at, letter, text]) => (letter === 's' ? [[at, +text.split(' ')[1]]] : []));
const pieces = stored.reduce((most, s) => Math.max(most, s[1] + 1), 1);
/* [time, value] whenever it changes. */
const choking = (marks) =>
  marks.flatMap(([at, letter]) => (letter === 'C' ? [[at, 1]] : letter === 'U' ? [[at, 0]] : []));
for (const row of rows) {
  let open = 0;
  row.steps = [];
  const changes = [
    ...row.say.map((m) => [m[0], m[1] === 'P' || m[1] === 'J' ? -1 : m[1] === 'C' ? -Infinity : 0]),
    ...row.ask.map((m) => [m[0], m[1] === 'R' ? 1 : m[1] === 'X' ? -1 : 0]),
  ].sort((a, b) => a[0] - b[0]);
  for (const [at, by] of changes) {
    if (!by) continue;
    open = Math.max(0, open + by);
    if (row.steps.length && row.steps[row.steps.length - 1][0] === at) row.steps[row.steps.length - 1][1] = open;
    else row.steps.push([at, open]);
  }
  row.most = row.steps.reduce((most, s) => Math.max(most, s[1]), 0);
  row.blocks = row.say.reduce((sum, m) => sum + (m[1] === 'P' ? 1 : 0), 0);
  row.begin = Math.min(row.say.length ? row.say[0][0] : Infinity, row.ask.length ? row.ask[0][0] : Infinity);
  row.end = Math.max(...[row.say, row.ask].map((marks) => (marks.length ? marks[marks.length - 1][0] : 0)));
  row.theyChoke = choking(row.say);
  row.weChoke = choking(row.ask);
}
let from = 0,
  to = Math.max(1, D.length),
  held,
  at;
const wide = () => canvas.clientWidth - LEFT - RIGHT;
const x = (t) => LEFT + ((t - from) / (to - from)) * wide();
const t = (px) => from + ((px - LEFT) / wide()) * (to - from);
const span = (ms) => (ms < 1000 ? Math.round(ms) + ' ms' : (ms / 1000).toFixed(ms < 10000 ? 2 : 1) + ' s');
/* The first of those sorted by time that is not before. */
function first(all, time) {
  let [low, high] = [0, all.length];
  while (low < high) {
    const mid = (low + high) >> 1;
    if (all[mid][0] < time) low = mid + 1;
    else high = mid;
  }
  return low;
}
const last = (all, time) => all[first(all, time + 0.001) - 1];
function text(words, px, y, colour, align = 'left') {
  pen.textAlign = align;
  pen.fillStyle = colour;
  pen.fillText(words, px, y);
}
function axis(height) {
  const least = ((to - from) / wide()) * 70,
    ten = 10 ** Math.floor(Math.log10(least)),
    step = ten * [1, 2, 5, 10].find((n) => n * ten >= least);
  for (let n = Math.ceil(from / step); n * step <= to; n++) {
    pen.fillStyle = FAINT;
    pen.fillRect(Math.round(x(n * step)), TOP - 6, 1, height - TOP);
    text(+((n * step) / 1000).toFixed(6) + ' s', x(n * step), 10, QUIET, 'center');
  }
}
function area(row, top) {
  if (!row.most) return;
  const high = (open) => (open / row.most) * (ROW - 22);
  pen.fillStyle = AREA;
  pen.beginPath();
  const base = top + ROW - 10;
  const start = Math.max(0, first(row.steps, from) - 1);
  pen.moveTo(x(Math.max(from, row.steps[start][0])), base);
  let open = 0;
  for (let n = start; n < row.steps.length; n++) {
    const px = x(Math.min(to, Math.max(from, row.steps[n][0])));
    pen.lineTo(px, base - high(open));
    open = row.steps[n][1];
    pen.lineTo(px, base - high(open));
    if (row.steps[n][0] > to) break;
  }
  const end = Math.min(to, row.end);
  if (row.steps[row.steps.length - 1][0] <= to) pen.lineTo(x(end), base - high(open));
  pen.lineTo(x(Math.min(to, Math.max(end, from))), base);
  pen.fill();
}
/* Red while choked, green while not. */
function band(row, changes, y) {
  let [start, choked] = [row.begin, 1];
  for (const [end, next] of [...changes, [row.end, 1]]) {
    const [left, right] = [Math.max(LEFT, x(start)), Math.min(LEFT + wide(), x(end))];
    pen.fillStyle = choked ? RED : GREEN;
    pen.globalAlpha = choked ? 0.35 : 0.8;
    if (right > left) pen.fillRect(left, y, right - left, 2);
    [start, choked] = [end, next];
  }
  pen.globalAlpha = 1;
}
function letters(marks, y) {
  const cells = new Map();
  for (let n = first(marks, from); n < marks.length && marks[n][0] <= to; n++) {
    const cell = Math.floor((x(marks[n][0]) - LEFT) / CELL),
      before = cells.get(cell),
      weight = WEIGHT.indexOf(marks[n][1]);
    if (before === undefined || weight < WEIGHT.indexOf(before)) cells.set(cell, marks[n][1]);
  }
  for (const [cell, letter] of cells) text(letter, LEFT + (cell + 0.5) * CELL, y, COLOUR(letter), 'center');
}
function paint() {
  const ratio = devicePixelRatio || 1,
    width = canvas.clientWidth,
    bottom = TOP + rows.length * ROW,
    height = bottom + PIECES;
  canvas.style.height = height + 'px';
  canvas.width = width * ratio;
  canvas.height = height * ratio;
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.clearRect(0, 0, width, height);
  pen.font = '11px ui-monospace, monospace';
  pen.textBaseline = 'middle';
  axis(height);
  rows.forEach((row, n) => {
    const top = TOP + n * ROW;
    pen.fillStyle = FAINT;
    pen.fillRect(0, top + ROW - 4, width, 1);
    text(row.address, 8, top + 13, INK);
    text(row.blocks + ' blocks', 8, top + 29, QUIET);
    text(row.most ? 'up to ' + row.most + ' requests open' : 'not asked', 8, top + 43, QUIET);
    area(row, top);
    band(row, row.theyChoke, top + 21);
    band(row, row.weChoke, top + ROW - 11);
    letters(row.say, top + 13);
    letters(row.ask, top + ROW - 20);
  });
  text('download', 8, bottom + 13, INK);
  text(stored.length + ' pieces stored', 8, bottom + 29, QUIET);
  text('a dot for each, by its place', 8, bottom + 43, QUIET);
  letters(D.give.filter(([, letter]) => letter !== 's'), bottom + 13);
  pen.fillStyle = BLUE;
  for (const [time, piece] of stored)
    if (time >= from && time <= to) pen.fillRect(x(time) - 1, bottom + 26 + (piece / pieces) * (PIECES - 40), 2, 2);
  if (at !== undefined && at.px > LEFT) {
    pen.fillStyle = QUIET;
    pen.fillRect(at.px, TOP - 6, 1, height - TOP);
  }
}
function look(by, mid) {
  const size = Math.min(D.length || 1, Math.max(1, (to - from) * by));
  from = Math.max(0, Math.min((D.length || 1) - size, mid - ((mid - from) / (to - from)) * size));
  to = from + size;
}
function tell() {
  const row = rows[Math.floor((at.py - TOP) / ROW)],
    above = (at.py - TOP) % ROW < ROW / 2,
    time = t(at.px),
    reach = ((to - from) / wide()) * 5,
    marks = row ? (above ? row.say : row.ask) : at.py > TOP + rows.length * ROW ? D.give : [];
  const near = [];
  for (let n = first(marks, time - reach); n < marks.length && marks[n][0] <= time + reach; n++) near.push(marks[n]);
  const open = row && last(row.steps, time);
  const head = span(time) + (row ? '  ' + row.address + (above ? ' says' : ' is sent') : '');
  what.textContent = [
    head,
    ...(open ? [open[1] + ' requests open'] : []),
    ...near.slice(0, 12).map((m) => (m[0] / 1000).toFixed(3) + ' s  ' + m[2]),
    ...(near.length > 12 ? ['and ' + (near.length - 12) + ' more'] : []),
  ].join('\\n');
  what.style.display = at.px > LEFT ? 'block' : 'none';
  what.style.left = Math.min(at.x + 14, innerWidth - what.offsetWidth - 8) + 'px';
  what.style.top = Math.min(at.y + 14, innerHeight - what.offsetHeight - 8) + 'px';
}
canvas.onwheel = (e) => {
  e.preventDefault();
  look(e.deltaY > 0 ? 1.25 : 0.8, t(e.offsetX));
  paint();
};
canvas.ondblclick = () => {
  [from, to] = [0, Math.max(1, D.length)];
  paint();
};
canvas.onpointerdown = (e) => {
  held = { px: e.offsetX, from, to };
  canvas.setPointerCapture(e.pointerId);
};
canvas.onpointerup = () => (held = undefined);
canvas.onpointerleave = () => {
  at = undefined;
  what.style.display = 'none';
  paint();
};
canvas.onpointermove = (e) => {
  at = { px: e.offsetX, py: e.offsetY, x: e.clientX, y: e.clientY };
  if (held) {
    const by = ((held.px - e.offsetX) / wide()) * (held.to - held.from);
    const shift = Math.max(-held.from, Math.min((D.length || 1) - held.to, by));
    [from, to] = [held.from + shift, held.to + shift];
  }
  paint();
  tell();
};
addEventListener('keydown', (e) => {
  const mid = (from + to) / 2;
  if (e.key === '+') look(0.8, mid);
  else if (e.key === '-') look(1.25, mid);
  else if (e.key === 'ArrowLeft' || e.key === 'ArrowRight') {
    const by = ((to - from) / 10) * (e.key === 'ArrowLeft' ? -1 : 1);
    const shift = Math.max(-from, Math.min((D.length || 1) - to, by));
    [from, to] = [from + shift, to + shift];
  } else return;
  paint();
});
onresize = paint;
paint();
`;
