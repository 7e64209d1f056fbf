import { createContext, runInContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import type { Lanes } from '../../src/recording/lanes.ts';
import { page } from '../../src/recording/page.ts';

const at = (time: number, letter: string, text = letter) => ({ time, letter, text });
const lanes: Lanes = {
  peers: [
    {
      address: '10.1.0.1:7000',
      say: [at(10, 'h', 'handshake'), at(20, 'U', 'unchoke'), at(500, 'P', 'block 3/0'), at(900, '|', 'they hang up')],
      ask: [at(0, '^', 'dial'), at(21, 'R', 'request 3/0'), at(21, 'R', 'request 3/1')],
    },
  ],
  give: [at(510, 's', 'stored 3'), at(1000, 'd', 'done')],
  length: 1000,
};

type Handler = (event: Readonly<Record<string, unknown>>) => void;

/** Runs the script of a page with a canvas that notes what is written on it. */
const shown = (html: string) => {
  const script = /<script>([^]*)<\/script>/.exec(html)?.[1] ?? '';
  let written: string[] = [];
  const own: Readonly<Record<string, unknown>> = {
    fillText: (text: string) => written.push(text),
    clearRect: () => void (written = []),
  };
  const pen = new Proxy({}, { get: (_, name) => own[String(name)] ?? (() => undefined), set: () => true });
  const canvas = { clientWidth: 1206, style: {}, getContext: () => pen, setPointerCapture: () => undefined };
  const what = { style: { display: '' }, textContent: '', offsetWidth: 10, offsetHeight: 10 };
  const keys: Handler[] = [];
  const context = createContext({
    document: { querySelector: (name: string) => (name === 'canvas' ? canvas : what) },
    matchMedia: () => ({ matches: false }),
    addEventListener: (_: string, handler: Handler) => keys.push(handler),
    devicePixelRatio: 1,
    innerWidth: 1200,
    innerHeight: 800,
  });
  runInContext(script, context);
  const on = canvas as unknown as Record<string, Handler>;
  const send = (name: string, px: number, more: object = {}) =>
    on[name]?.({ offsetX: px, offsetY: 40, clientX: px, clientY: 40, preventDefault: () => undefined, ...more });
  return {
    send,
    key: (key: string) => keys.forEach((handler) => handler({ key })),
    range: () => runInContext('[from, to]', context) as [number, number],
    written: () => written,
    what,
  };
};

describe('the page of a recording', () => {
  it('writes a letter for what was said, what each peer gave, and the time below', () => {
    const { written } = shown(page('a', lanes));
    expect(written()).toEqual(expect.arrayContaining(['10.1.0.1:7000', '1 blocks', 'up to 2 requests open', '0.5 s']));
    expect(written()).toEqual(expect.arrayContaining(['h', 'U', 'P', '|', '^', 'R', 'd', '1 pieces stored']));
  });

  it('zooms around the pointer, pans, and shows all again', () => {
    const { send, range } = shown(page('a', lanes));
    send('onwheel', 690, { deltaY: -1 });
    expect(range().map(Math.round)).toEqual([100, 900]);
    send('onpointerdown', 690);
    send('onpointermove', 590);
    send('onpointerup', 590);
    expect(range().map(Math.round)).toEqual([180, 980]);
    for (let n = 0; n < 60; n++) send('onwheel', 690, { deltaY: -1 });
    const [from, to] = range();
    expect(to - from).toBeCloseTo(1);
    send('ondblclick', 0);
    expect(range()).toEqual([0, 1000]);
  });

  it('never leaves what was recorded', () => {
    const { key, range } = shown(page('a', lanes));
    key('+');
    for (let n = 0; n < 50; n++) key('ArrowRight');
    expect(range().map(Math.round)).toEqual([200, 1000]);
    for (let n = 0; n < 50; n++) key('-');
    expect(range()).toEqual([0, 1000]);
  });

  it('tells what is under the pointer', () => {
    const { send, what } = shown(page('a', lanes));
    send('onpointermove', 190 + 21);
    expect(what.textContent).toBe('21 ms  10.1.0.1:7000 says\n2 requests open\n0.020 s  unchoke');
    send('onpointermove', 190 + 500);
    expect(what.textContent).toContain('0.500 s  block 3/0');
    send('onpointerleave', 0);
    expect(what.style.display).toBe('none');
  });

  it('shows an empty recording, too', () => {
    expect(shown(page('a', { peers: [], give: [], length: 0 })).range()).toEqual([0, 1]);
  });
});
