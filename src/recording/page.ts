import type { LaneMark, Lanes } from './lanes.ts';

const escaped = (text: string): string => text.replace(/[&<>"]/g, (letter) => `&#${letter.charCodeAt(0)};`);

/** JSON that can stand in a script: nothing in it ends that. */
const data = (value: unknown): string => JSON.stringify(value).replaceAll('<', '\\u003c');

const flat = (marks: readonly LaneMark[]): readonly (readonly [number, string, string])[] =>
  marks.map(({ time, letter, text }) => [time, letter, text]);

const STYLE = `
body { margin: 0; font: 13px/1.4 system-ui, sans-serif; background: #fff; color: #222 }
header { padding: 8px 12px; border-bottom: 1px solid #ddd }
canvas { display: block; width: 100vw; cursor: grab }
#what {
  position: fixed; pointer-events: none; display: none;
  background: #222; color: #fff; padding: 3px 7px; border-radius: 3px
}
@media (prefers-color-scheme: dark) { body { background: #181818; color: #ddd } header { border-color: #444 } }
`;

/**
 * Runs in the page. A row for each peer: above what they say, below what we send, and behind both how many requests are
 * open; the last row is what the download told.
 */
const SCRIPT = `
const canvas = document.querySelector('canvas'),
  pen = canvas.getContext('2d'),
  what = document.querySelector('#what');
const ROW = 46,
  LEFT = 170,
  rows = [...D.peers, { address: 'download', say: D.give, ask: [] }];
const COLOURS = {
  P: '#2a7de1',
  R: '#e08a1e',
  C: '#c22',
  U: '#2a2',
  s: '#2a7de1',
  c: '#c22',
  d: '#2a2',
  '#': '#c22',
  '!': '#c22',
  '|': '#888',
};
for (const row of rows) {
  let open = 0;
  const steps = [];
  const all = [
    ...row.say.map((m) => [m[0], m[1] === 'P' || m[1] === 'J' ? -1 : m[1] === 'C' ? -Infinity : 0]),
    ...row.ask.map((m) => [m[0], m[1] === 'R' ? 1 : m[1] === 'X' ? -1 : 0]),
  ].sort((a, b) => a[0] - b[0]);
  for (const [t, d] of all) {
    if (!d) continue;
    open = Math.max(0, open + d);
    steps.push([t, open]);
  }
  row.steps = steps;
  row.most = steps.reduce((most, s) => Math.max(most, s[1]), 1);
}
let from = 0,
  to = Math.max(1, D.length),
  held;
const x = (t) => LEFT + ((t - from) / (to - from)) * (canvas.clientWidth - LEFT - 10);
const t = (px) => from + ((px - LEFT) / (canvas.clientWidth - LEFT - 10)) * (to - from);
const dark = matchMedia('(prefers-color-scheme: dark)').matches;
function paint() {
  const ratio = devicePixelRatio || 1,
    width = canvas.clientWidth,
    height = rows.length * ROW + 30;
  canvas.style.height = height + 'px';
  canvas.width = width * ratio;
  canvas.height = height * ratio;
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.clearRect(0, 0, width, height);
  pen.font = '11px ui-monospace, monospace';
  pen.textBaseline = 'middle';
  const step = 10 ** Math.ceil(Math.log10((to - from) / 8));
  pen.fillStyle = dark ? '#aaa' : '#666';
  pen.textAlign = 'center';
  for (let at = Math.ceil(from / step) * step; at <= to; at += step) pen.fillText(at / 1000 + ' s', x(at), 10);
  rows.forEach((row, n) => {
    const top = 24 + n * ROW;
    pen.textAlign = 'left';
    pen.fillStyle = dark ? '#ddd' : '#222';
    pen.fillText(row.address, 8, top + 20);
    pen.fillStyle = dark ? '#333' : '#eee';
    row.steps.forEach(([at, open], k) => {
      const end = k + 1 < row.steps.length ? row.steps[k + 1][0] : at;
      if (end < from || at > to) return;
      const high = (open / row.most) * (ROW - 8),
        left = Math.max(LEFT, x(at));
      pen.fillRect(left, top + ROW - 6 - high, Math.max(0, x(end) - left), high);
    });
    for (const [marks, y] of [
      [row.say, top + 12],
      [row.ask, top + 30],
    ]) {
      pen.strokeStyle = dark ? '#444' : '#ccc';
      pen.beginPath();
      pen.moveTo(LEFT, y);
      pen.lineTo(width, y);
      pen.stroke();
      let last = -9;
      pen.textAlign = 'center';
      for (const [at, letter] of marks) {
        if (at < from || at > to) continue;
        const px = x(at);
        pen.fillStyle = COLOURS[letter] || (dark ? '#ddd' : '#222');
        if (px - last < 7) {
          pen.fillRect(px, y - 4, 1, 8);
          continue;
        }
        pen.fillText(letter, px, y);
        last = px;
      }
    }
  });
}
canvas.onwheel = (e) => {
  e.preventDefault();
  const mid = t(e.offsetX),
    by = e.deltaY > 0 ? 1.25 : 0.8;
  from = Math.max(0, mid - (mid - from) * by);
  to = Math.min(D.length, mid + (to - mid) * by);
  if (to - from < 1) to = from + 1;
  paint();
};
canvas.onpointerdown = (e) => {
  held = { px: e.offsetX, from, to };
  canvas.setPointerCapture(e.pointerId);
};
canvas.onpointerup = () => {
  held = undefined;
};
canvas.onpointermove = (e) => {
  if (held) {
    const by = ((held.px - e.offsetX) / (canvas.clientWidth - LEFT - 10)) * (held.to - held.from);
    const shift = Math.max(-held.from, Math.min(D.length - held.to, by));
    from = held.from + shift;
    to = held.to + shift;
    return paint();
  }
  const row = rows[Math.floor((e.offsetY - 24) / ROW)],
    y = (e.offsetY - 24) % ROW;
  const marks = row ? (y < 21 ? row.say : row.ask) : [],
    near = [];
  for (const m of marks) if (Math.abs(x(m[0]) - e.offsetX) < 4) near.push(m);
  what.style.display = near.length ? 'block' : 'none';
  what.style.left = e.clientX + 12 + 'px';
  what.style.top = e.clientY + 12 + 'px';
  what.textContent =
    near
      .slice(0, 6)
      .map((m) => (m[0] / 1000).toFixed(3) + ' s ' + m[2])
      .join(' · ') + (near.length > 6 ? ' · and ' + (near.length - 6) + ' more' : '');
};
onresize = paint;
paint();
`;

/** One page that shows a recording, and loads nothing from the network: the wheel zooms, dragging pans. */
export const page = (title: string, { peers, give, length }: Lanes): string =>
  `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy"
  content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<title>${escaped(title)}</title>
<style>${STYLE}</style>
<header><b>${escaped(title)}</b>: above what each peer says, below what we send; grey is how many requests are open.
The wheel zooms, dragging pans.</header>
<canvas></canvas><div id="what"></div>
<script>const D = ${data({
    peers: peers.map(({ address, say, ask }) => ({ address, say: flat(say), ask: flat(ask) })),
    give: flat(give),
    length,
  })};${SCRIPT}</script>
</html>
`;
