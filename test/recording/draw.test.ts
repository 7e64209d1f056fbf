import { Script } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { delay, filter, map, merge } from 'rxjs';
import { chokesAfter, garbage, hangsUpAfter, honest, type Player, type Said, silent } from '../../marbles/index.ts';
import { draw } from '../../src/recording/draw.ts';
import { type Lanes, lanesOf } from '../../src/recording/lanes.ts';
import { page } from '../../src/recording/page.ts';
import { Recording } from '../../src/recording/parse.ts';
import { recorded } from './session.ts';

const lanesIn = (...args: Parameters<typeof recorded>): Lanes => lanesOf(new Recording(recorded(...args).bytes));

describe('lanesOf', () => {
  const { peers, give, length } = lanesIn(
    {
      peers: {
        '10.1.0.1:7000': chokesAfter(2, 500, honest({ pace: 3 })),
        '10.1.0.2:7000': hangsUpAfter(1),
        '10.1.0.3:7000': garbage(),
      },
    },
    { pieces: 2, own: { peers: [{ host: '10.1.0.4', port: 1, source: 'manual' }] } },
  );
  const of = (host: string) => peers.filter(({ address }) => address.startsWith(`${host}:`));
  const letters = (marks: readonly { readonly letter: string }[]): string => marks.map(({ letter }) => letter).join('');

  it('has what each says, and what it is sent', () => {
    const [one] = of('10.1.0.1');
    expect(letters(one?.say ?? [])).toMatch(/^hB.*U.*PP.*C.*U/);
    expect(letters(one?.ask ?? [])).toMatch(/^\^h.*I.*R+.*!$/);
    expect(one?.ask.find(({ letter }) => letter === 'R')?.text).toMatch(/^request [01]\/[01]$/);
  });

  it('has how each ended', () => {
    expect(letters(of('10.1.0.2')[0]?.say ?? [])).toMatch(/\|$/);
    expect(letters(of('10.1.0.3')[0]?.say ?? [])).toMatch(/#/);
    expect(letters(of('10.1.0.4')[0]?.say ?? [])).toBe('#');
  });

  it('keeps only what happened in a part of the time, if that is all that is asked for', () => {
    const { bytes } = recorded({ peers: { '10.1.0.1:7000': honest({ pace: 3 }) } }, { pieces: 8 });
    const [whole, part] = [{}, { from: 25, to: 40 }].map((span) => lanesOf(new Recording(bytes), span));
    const within = whole?.peers[0]?.say.filter(({ time }) => time >= 25 && time <= 40);
    expect(within?.length).toBeGreaterThan(2);
    expect(part?.peers[0]?.say).toEqual(within);
    expect(part?.length).toBe(whole?.length);
  });

  it('has why we choke and unchoke whom', () => {
    const interested: Player = (heard$, cast) =>
      merge(
        honest()(heard$, cast),
        heard$.pipe(
          filter(({ type }) => type === 'handshake'),
          delay(20),
          map((): Said => ({ type: 'interested' })),
        ),
      );
    const { peers: served } = lanesIn(
      { peers: { '10.1.0.1:7000': interested } },
      { pieces: 2, own: { seed: { time: 5000 } } },
    );
    expect(served[0]?.ask.find(({ letter }) => letter === 'U')?.text).toBe('unchoke: free-slot');
  });

  it('has what came of it, and when all was over', () => {
    expect(letters(give).replaceAll(/[^scd|]/g, '')).toBe('ssd|');
    expect(length).toBeGreaterThan(0);
  });
});

describe('draw', () => {
  const at = (time: number, letter: string) => ({ time, letter, text: letter });
  const lanes: Lanes = {
    peers: [
      {
        address: '10.1.0.1:7000',
        say: [at(2, 'h'), at(3, 'U'), at(5, 'P'), at(5, 'P')],
        ask: [at(0, '^'), at(3, 'R'), at(3, 'I')],
      },
      { address: '[2001:db8::7]:7000', say: [at(15_004, '|')], ask: [at(1, '^')] },
    ],
    give: [at(6, 's'), at(15_005, 'd')],
    length: 15_005,
  };

  it('has lanes that are aligned, brackets for one time, and no idle time', () => {
    expect(draw(lanes, { width: 60 })).toEqual([
      'from 0ms to 15s; one character is 1ms',
      '',
      '10.1.0.1:7000',
      'say   --hU----P- 15s --',
      'ask   ^--(RI)--- 15s --',
      '',
      '[2001:db8::7]:7000',
      'say   ---------- 15s |-',
      'ask   -^-------- 15s --',
      '',
      'give  ---------s 15s -d',
    ]);
  });

  it('shows one peer, a few lanes and a part of the time', () => {
    expect(draw(lanes, { width: 60, from: 2, to: 5, peer: '10.1.0.1', lanes: ['say'] })).toEqual([
      'from 2ms to 5ms; one character is 1ms',
      '',
      '10.1.0.1:7000',
      'say   hU-P',
    ]);
    expect(draw(lanes, { width: 60, peer: '2001:db8::7' })).toHaveLength(7);
    expect(draw(lanes, { width: 60, peer: '[2001:db8::7]:7000' }).slice(2, 4)).toEqual([
      '[2001:db8::7]:7000',
      'say   ------- 15s |-',
    ]);
  });

  it('is as fine as fits', () => {
    const many = Array.from({ length: 400 }, (_, n) => at(n * 10, n % 2 === 0 ? 'P' : 'H'));
    const busy: Lanes = { peers: [{ address: 'a:1', say: many, ask: [] }], give: [], length: 4000 };
    for (const width of [60, 80, 200, 1000]) {
      const lines = draw(busy, { width });
      expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(width);
    }
    expect(draw(busy, { width: 80 })[0]).toBe('from 0ms to 4s; one character is 500ms');
  });

  it('says nothing of what did not happen', () => {
    expect(draw({ peers: [], give: [], length: 0 }, { width: 80 })).toHaveLength(3);
    expect(() => draw(lanesIn({ peers: { '10.1.0.1:7000': silent() } }), { width: 80 })).not.toThrow();
  });
});

describe('page', () => {
  const evil = '</script><b>&"';
  const html = page(evil, { peers: [{ address: evil, say: [], ask: [] }], give: [], length: 1 });

  it('runs nothing but what is its own, and asks nobody', () => {
    const scripts = [...html.matchAll(/<script>([^]*?)<\/script>/g)];
    expect(scripts).toHaveLength(1);
    expect(() => new Script(scripts[0]?.[1] as string)).not.toThrow();
    expect(html).not.toMatch(/https?:|src=|href=/);
    expect(html).toContain("default-src 'none'");
    expect(html.split(evil)).toHaveLength(1);
  });
});
