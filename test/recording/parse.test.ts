import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { honest } from '../../marbles/index.ts';
import { Malformed } from '../../src/protocol/encoding/malformed.ts';
import { ByteReader, ByteWriter, CutOff } from '../../src/recording/bytes.ts';
import { encodeHeader, MAGIC } from '../../src/recording/format.ts';
import { Recording, type Turn } from '../../src/recording/parse.ts';
import { partingText, replay } from '../../src/recording/replay.ts';
import { errorOf, errorText } from '../../src/recording/values.ts';
import { NetworkError, StorageError } from '../../src/contracts/errors.ts';
import { recorded } from './session.ts';

const header = encodeHeader({ by: 'x', start: 0, masked: false, sharesMemory: false, hashes: false, session: null });

/** All turns, or undefined if it is refused as it should be. */
const read = (bytes: Uint8Array): Turn[] | undefined => {
  try {
    return [...new Recording(bytes).turns()];
  } catch (error) {
    expect(error).toBeInstanceOf(Malformed);
    return undefined;
  }
};

describe('a recording', () => {
  const session = recorded({ peers: { '10.1.0.1:7000': honest({ pace: 3 }) } });

  it('has times that only grow, and each stream is opened before anything happens to it', () => {
    let last = 0;
    const open = new Set<number>();
    for (const { time, cause, deeds } of new Recording(session.bytes).turns()) {
      expect(time).toBeGreaterThanOrEqual(last);
      last = time;
      if (cause.kind === 'next') expect(open).toContain(cause.id);
      for (const deed of deeds) if (deed.kind === 'open') open.add(deed.id);
    }
    expect(last).toBeGreaterThan(10);
  });

  it('comes in parts that are readable so far, at least one a second', () => {
    const { chunks, bytes } = recorded({ peers: { '10.1.0.1:7000': honest({ pace: 500 }) } });
    expect(chunks.length).toBeGreaterThan(5);
    expect(chunks.reduce((sum, { length }) => sum + length, 0)).toBe(bytes.length);
  });

  it('keeps nothing of the blocks', () => {
    const { bytes } = recorded({ peers: { '10.1.0.1:7000': honest() } }, { pieces: 40 });
    expect(bytes.length).toBeLessThan(40 * 2 * 16_384 * 0.01);
  });

  it('is refused when it is something else', () => {
    for (const text of ['', 'd8:announce', `${MAGIC}`, `${MAGIC}\n`, `${MAGIC}\n{}\n`, `${MAGIC}\nnothing\n`])
      expect(() => new Recording(new TextEncoder().encode(text)), text).toThrow(Malformed);
  });

  it('is read or refused, whatever comes after its header', () =>
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (garbage) => {
        read(new Uint8Array(Buffer.concat([header, garbage])));
      }),
      { numRuns: 1000 },
    ));

  it('is read, refused or replayed, wherever a byte of it is another', () => {
    const { bytes, run } = session;
    const at = fc.integer({ min: header.length, max: bytes.length - 1 });
    fc.assert(
      fc.property(at, fc.nat({ max: 255 }), (at, byte) => {
        const other = bytes.slice();
        other[at] = byte;
        if (read(other) === undefined) return;
        try {
          const { parting } = replay(new Recording(other), run());
          if (parting) partingText(parting);
        } catch (error) {
          expect(error).toMatchObject({ name: expect.stringMatching(/^(Malformed|InputError)$/) as string });
        }
      }),
      { numRuns: 60 },
    );
  });

  it('that was cut off ends with what is whole, and says so', () => {
    const { bytes } = session;
    const all = read(bytes)?.length as number;
    const cut = new Recording(bytes.subarray(0, bytes.length - 1));
    expect([...cut.turns()].length).toBeGreaterThanOrEqual(all - 1);
    expect(cut.cutOff).toBe(true);
  });
});

describe('bytes of a recording', () => {
  it('are numbers, texts and runs as they were written', () =>
    fc.assert(
      fc.property(fc.maxSafeNat(), fc.string({ unit: 'grapheme' }), fc.uint8Array(), fc.double(), (n, text, run, x) => {
        const out = new ByteWriter(1);
        out.number(n);
        out.text(text);
        out.run(run);
        out.float(x);
        const from = new ByteReader(out.take());
        expect([from.number(), from.text(), from.run(), from.float(), from.over]).toEqual([n, text, run, x, true]);
      }),
    ));

  it('are refused where a number has no end, a run is longer than anything, and a text is none', () => {
    expect(() => new ByteReader(new Uint8Array(20).fill(0xff)).number()).toThrow(Malformed);
    expect(() => new ByteReader(Uint8Array.of(0xff, 0xff, 0xff, 0xff, 1)).run()).toThrow('run of bytes');
    expect(() => new ByteReader(Uint8Array.of(1, 0xff)).text()).toThrow('UTF-8');
    expect(() => new ByteReader(Uint8Array.of(9, 1)).run()).toThrow(CutOff);
  });

  it('are errors of their own class', () => {
    const refused = new NetworkError('refused', '10.1.0.1:7000', 'nobody', { lasting: true });
    expect(errorOf(errorText(refused))).toEqual(refused);
    expect(errorOf(errorText(refused))).toBeInstanceOf(NetworkError);
    expect(errorOf(errorText(new StorageError('full', 'no room')))).toBeInstanceOf(StorageError);
    expect(errorOf(errorText(new TypeError('x')))).toMatchObject({ name: 'TypeError', message: 'x' });
    expect(errorOf(errorText('odd'))).toMatchObject({ message: 'odd' });
    expect(() => errorOf('{}')).toThrow(Malformed);
  });
});
