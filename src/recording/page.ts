import type { LaneMark, Lanes } from './lanes.ts';
import { SCRIPT } from './pageScript.ts';

const escaped = (text: string): string => text.replace(/[&<>"]/g, (letter) => `&#${letter.charCodeAt(0)};`);

/** JSON that can stand in a script: nothing in it ends that. */
const data = (value: unknown): string => JSON.stringify(value).replaceAll('<', '\\u003c');

const flat = (marks: readonly LaneMark[]): readonly (readonly [number, string, string])[] =>
  marks.map(({ time, letter, text }) => [time, letter, text]);

const STYLE = `
body { margin: 0; font: 13px/1.45 system-ui, sans-serif; background: #fff; color: #222 }
header { padding: 8px 12px; border-bottom: 1px solid #ddd; position: sticky; top: 0; background: inherit }
header p { margin: 2px 0 0; color: #777; font-size: 12px }
canvas { display: block; width: 100vw; cursor: crosshair }
#what {
  position: fixed; pointer-events: none; display: none; white-space: pre; background: #222; color: #fff;
  padding: 5px 9px; border-radius: 4px; font: 11px/1.5 ui-monospace, monospace; max-width: 60ch; overflow: hidden
}
@media (prefers-color-scheme: dark) {
  body { background: #181818; color: #ddd }
  header { border-color: #444 }
  header p { color: #999 }
  #what { background: #eee; color: #111 }
}
`;

const LEGEND =
  'Above what a peer says, below what we send; the line under each is green while it is unchoked, red while it is ' +
  'choked; the area is how many requests are open. Wheel or + and −: zoom. Drag or arrows: pan. Double click: all.';

/** One page that shows a recording, and loads nothing from the network: the wheel zooms, dragging pans. */
export const page = (title: string, { peers, give, length }: Lanes): string =>
  `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy"
  content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<title>${escaped(title)}</title>
<style>${STYLE}</style>
<header><b>${escaped(title)}</b><p>${LEGEND}</p></header>
<canvas></canvas><div id="what"></div>
<script>const D = ${data({
    peers: peers.map(({ address, say, ask }) => ({ address, say: flat(say), ask: flat(ask) })),
    give: flat(give),
    length,
  })};${SCRIPT}</script>
</html>
`;
