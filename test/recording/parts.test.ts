import { describe, expect, it } from 'vitest';
import { chokesAfter, honest } from '../../marbles/index.ts';
import { draw } from '../../src/recording/draw.ts';
import { type LaneMark, lanesOf } from '../../src/recording/lanes.ts';
import { Recording } from '../../src/recording/parse.ts';
import { replay } from '../../src/recording/replay.ts';
import { drawingOf } from '../../src/recording/script/drawing.ts';
import { recorded } from './session.ts';

describe('a recording in parts', () => {
  const session = recorded(
    {
      peers: {
        '10.1.0.1:7000': honest({ latency: 7, pace: 3 }),
        '10.1.0.2:7000': honest({ latency: 7, pace: 11 }),
        '10.1.0.3:7000': chokesAfter(2, 500),
      },
      chunk: 5000,
    },
    { pieces: 60, part: 1200 },
  );
  const whole = lanesOf(new Recording(session.parts));

  it('is in many, each of which begins between two turns', () => {
    expect(session.parts.length).toBeGreaterThan(8);
    expect(whole.peers.map(({ address }) => address)).toHaveLength(3);
  });

  it('is run again, one part after the other', () => {
    const { parting, cutOff } = replay(new Recording(session.parts), session.run());
    expect({ parting, cutOff }).toEqual({ parting: undefined, cutOff: false });
  });

  it('reads one part at a time', () => {
    let [open, most] = [0, 0];
    const parts = {
      *[Symbol.iterator]() {
        for (const part of session.parts) {
          most = Math.max(most, ++open);
          yield part.slice();
          open--;
        }
      },
    };
    expect(replay(new Recording(parts), session.run()).parting).toBeUndefined();
    // The first one was looked at for its header, too.
    expect([open, most]).toEqual([1, 2]);
  });

  it('can be drawn from any part on, the same as with those before it', () => {
    for (let first = 1; first < session.parts.length; first++) {
      const recording = new Recording(session.parts.slice(first));
      const [start] = recording.turns();
      const from = start?.time ?? 0;
      const later = (marks: readonly LaneMark[]): string =>
        marks
          .filter(({ time }) => time > from)
          .map(({ time, text }) => `${time} ${text}`)
          .join('\n');
      const rest = lanesOf(recording);
      expect(later(rest.give)).toBe(later(whole.give));
      for (const { address, say, ask } of rest.peers) {
        const before = whole.peers.find((peer) => peer.address === address);
        expect(later(ask)).toBe(later(before?.ask ?? []));
        // The block that was under way when the part began is not heard.
        expect(later(before?.say ?? []).endsWith(later(say))).toBe(true);
        expect(before?.say.length).toBeLessThan(say.length + 200);
      }
      expect(draw(rest, { width: 80 }).length).toBeGreaterThan(2);
    }
  });

  it('is not run again, and makes no test, without its beginning', () => {
    const rest = new Recording(session.parts.slice(2));
    expect(rest.whole).toBe(false);
    expect(() => replay(rest, session.run())).toThrow('its beginning has been dropped: draw it');
    expect(() => drawingOf(rest, session.torrent)).toThrow('its beginning has been dropped: draw its lanes');
  });

  it('is refused when a part in the middle is missing', () => {
    const parts = session.parts.filter((_, nth) => nth !== 3);
    expect(() => [...new Recording(parts).turns()]).toThrow('part 3');
  });
});
