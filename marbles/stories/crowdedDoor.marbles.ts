import { concat, defer, finalize, map, NEVER, type Observable, takeWhile, timer } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { client } from '../../src/client/client.ts';
import { MAX_UNDECIDED } from '../../src/discovery/inbound/inboundPort.ts';
import type { DownloadEvent } from '../../src/contracts/events.ts';
import { encodeHandshake } from '../../src/protocol/peer/handshake.ts';
import { drawn, type Mark, type Player, type Said, silent } from '../index.ts';
import { leecher } from './leecher.ts';

const pieces = 8;
const blocks = 2 * pieces;

interface Visit {
  /**
   * When the first of the strangers called and when the last of them was hung up on, in milliseconds; infinite if some
   * stayed.
   */
  readonly lasted: number;
  /** Most strangers that had an open connection at once. */
  readonly most: number;
  readonly events: readonly DownloadEvent[];
  /** Blocks that an honest leecher got meanwhile. */
  readonly given: number;
}

const AT = 1000;
const host = (nth: number): string => `10.2.${nth >> 8}.${nth & 0xff}`;

/** A seed of ours is called by many strangers at once, and by an honest leecher a little later. */
const visited = (strangers: readonly Player[]): Visit => {
  let [open, most, last, given] = [0, 0, 0, 0];
  let marks: readonly Mark[] = [];
  drawn(
    (stage) => {
      const watched =
        (player: Player): Player =>
        (heard$, cast) =>
          defer(() => {
            most = Math.max(most, ++open);
            return player(heard$, cast);
          }).pipe(
            finalize(() => {
              open--;
              last = stage.now();
            }),
          );
      const callers = {
        ...Object.fromEntries(
          strangers.map((player, nth) => [`${host(nth)}:5000`, { at: AT, player: watched(player) }]),
        ),
        '10.3.0.1:5000': { at: AT + 100, player: leecher(() => given++) },
      };
      const { env } = stage.world({ callers, disk: { has: Array.from({ length: pieces }, (_, index) => index) } });
      const seeding$ = client(env, { ports: [6881] }).download(stage.torrent, {
        target: { folder: '.' },
        trackers: [],
        recheck: true,
        seed: {},
      });
      marks = stage.watch(seeding$, '^ 30s !');
    },
    { torrent: { pieces } },
  )();
  const events = marks.flatMap(({ kind, value }) => (kind === 'value' ? (value as DownloadEvent) : []));
  return { lasted: last - AT, most, events, given };
};

const joined = ({ events }: Visit): number => events.filter(({ type }) => type === 'peer-joined').length;

/** Sends the first `whole` bytes of a handshake after `at` milliseconds, and the others one by one. */
const drips =
  (whole: number, at: number, every: number): Player =>
  (_, { torrent: { infoHash }, id: peerId }) => {
    const bytes = encodeHandshake({ infoHash, peerId });
    const begin$: Observable<Said> = timer(at).pipe(map(() => bytes.subarray(0, whole)));
    const rest$ = timer(every, every).pipe(
      map((nth) => bytes.subarray(whole + nth, whole + nth + 1)),
      // All but the last one, should it ever come to that.
      takeWhile((_byte, nth) => whole + nth < bytes.length - 1),
    );
    return concat(begin$, rest$, NEVER);
  };

describe('a port among strangers that wait', () => {
  it('500 silent callers hold only their places, and are gone when their time is over; others are served', () => {
    const visit = visited(new Array<Player>(500).fill(silent()));
    expect(visit.most).toBe(MAX_UNDECIDED);
    expect(visit.given).toBe(blocks);
    expect(visit.lasted).toBe(5000);
    expect(joined(visit)).toBe(1);
  });

  it('those who drip are gone after five seconds, however slowly they do', () => {
    const visit = visited(new Array<Player>(20).fill(drips(1, 0, 400)));
    expect(visit.given).toBe(blocks);
    expect(visit.lasted).toBe(5000);
    expect(joined(visit)).toBe(1);
  });

  it.each([
    ['at once', 0, 10_000],
    ['as late as may be', 4999, 14_999],
  ])('who has said %s which torrent it wants, and drips the rest, is gone after 15 s in all', (_, at, lasts) => {
    const visit = visited([drips(48, at, 900)]);
    expect(visit.given).toBe(blocks);
    expect(visit.lasted).toBe(lasts);
    expect(joined(visit)).toBe(1);
  });
});
