import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { chokesAfter, corrupts, drawnSession, honest, stallsAfter, type WorldOptions } from '../../marbles/index.ts';
import { Recording } from '../../src/recording/parse.ts';
import { drawingOf } from '../../src/recording/script/drawing.ts';
import { parseScript, scriptText } from '../../src/recording/script/script.ts';
import { PiecePicker } from '../../src/torrent/picker/piecePicker.ts';
import { bodiesOf } from './bodies.ts';
import { recorded, type SessionOptions } from './session.ts';

const drawing = (world: WorldOptions, options: SessionOptions = {}, peer?: string): string => {
  const { bytes, torrent } = recorded(world, { pieces: 12, ...options });
  return drawingOf(new Recording(bytes), torrent, { peer });
};

const peers = {
  '10.1.0.1:7000': honest({ latency: 7, pace: 3 }),
  '10.1.0.2:7000': honest({ latency: 40, pace: 20 }),
  '10.1.0.3:7000': chokesAfter(2, 500),
};

/** The script in a drawing. */
function drawingText(): string {
  return /`\n([^`]*)\n`/.exec(drawing({ peers }))?.[1] ?? '';
}

afterEach(() => vi.restoreAllMocks());

describe('drawingOf', () => {
  it.each<readonly [string, WorldOptions]>([
    ['of one peer', { peers: { '10.1.0.1:7000': honest({ latency: 7, pace: 3 }) } }],
    ['of several, one of which chokes', { peers }],
    ['of one that stalls', { peers: { '10.1.0.1:7000': stallsAfter(3), '10.1.0.2:7000': honest({ pace: 9 }) } }],
    ['of corrupt pieces', { peers: { '10.1.0.1:7000': corrupts([3], honest({ pace: 5 })) } }],
    ['of what was there in part', { peers, disk: { has: [0, 5] } }],
  ])('passes at once: %s', (_, world) => {
    const source = drawing(world);
    expect(source).toMatch(/ asks {3}R \d+\/0/);
    for (const body of bodiesOf(source)) body();
  });

  it('goes to the end where peers alone decide, and says so where they do not', () => {
    expect(drawing({ peers })).not.toContain('It goes up to');
    const limited = drawing({ peers }, { own: { limits: { down: 100_000 } } });
    expect(limited).toMatch(/It goes up to \d/);
    for (const body of bodiesOf(limited)) body();
  });

  it('compares what one peer is asked, with the others beside it', () => {
    const source = drawing({ peers }, {}, '10.1.0.2');
    expect(source).toMatch(/p1 +says +P/);
    expect(source).toMatch(/p2 +asks +R/);
    expect(source).not.toMatch(/p[13] +asks +R/);
    for (const body of bodiesOf(source)) body();
  });

  it('fails when somebody is asked for something else, at another time, or not any more', () => {
    const bodies = bodiesOf(drawing({ peers }));
    const next = PiecePicker.prototype.next;
    vi.spyOn(PiecePicker.prototype, 'next').mockImplementation(function (this: PiecePicker, ...args) {
      // One block less than there is room for.
      const [who, source, have, count, ...more] = args;
      return next.call(this, who, source, have, Math.max(1, count - 1), ...more);
    });
    for (const body of bodies)
      expect(body).toThrow(
        /p\d 10\.1\.0\.\d:7000: not as drawn: at \d+ms was R \d+\/\d, is .*\n {2}expected {2}\d+ms .*R/,
      );
  });

  it('fails when interest is not told, and names the moment', () => {
    const source = drawing({ peers });
    const [body] = bodiesOf(source.replace('asks   I', 'asks   N'));
    expect(body).toThrow(/: not as drawn: at \d+ms was N, is I\n/);
    const [late] = bodiesOf(source.replace(/(\d+)ms {2}p1 {3}asks {3}I/, '$1ms  p1   says   S 1'));
    expect(late).toThrow(/is I\n/);
  });

  it('has nothing to draw of a session in which nobody was asked', () => {
    expect(() => drawing({})).toThrow('nothing is asked in it');
  });
});

describe('parseScript', () => {
  const text = drawingText();

  it('reads what was written', () => {
    expect(scriptText(parseScript(text))).toBe(text);
  });

  it.each([
    ['12ms p2 says U', 'the name of a peer'],
    ['p1 a:1\n12ms p1 says U\n11ms p1 says C', 'in the order of time'],
    ['p1 a:1\n12ms p1 says', 'a row such as'],
    ['p1 a:1\n12ms p1 says U,,', 'between commas'],
    ['begun 3-1', 'numbers such as'],
  ])('refuses %j', (wrong, why) => {
    expect(() => parseScript(wrong)).toThrow(why);
  });

  it('says what is wrong with anything else', () => {
    const line = fc.oneof(fc.constantFrom(...text.split('\n')), fc.string({ unit: 'binary' }));
    fc.assert(
      fc.property(fc.array(line, { maxLength: 8 }), (lines) => {
        try {
          drawnSession(lines.join('\n'), { length: 393_216, pieceLength: 32_768 })();
        } catch (error) {
          expect(['Malformed', 'DrawingError']).toContain((error as Error).name);
        }
      }),
      { numRuns: 40 },
    );
  });
});
