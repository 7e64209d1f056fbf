import { map, tap, timer } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { Progress } from '../../src/contracts/events.ts';
import { PeerError } from '../../src/contracts/errors.ts';
import { DownloadStats } from '../../src/download/state/downloadStats.ts';
import { AddressBook } from '../../src/torrent/peers/addressBook.ts';
import { FileSelection } from '../../src/torrent/picker/fileSelection.ts';
import { PiecePicker } from '../../src/torrent/picker/piecePicker.ts';
import { drawn, type DrawnPeer, type Stage } from '../index.ts';

const scene = (stage: Stage) => {
  const picker = new PiecePicker(stage.geometry, { random: () => 0.5 });
  const drafts = { gathered: 0 };
  const tally = new DownloadStats(picker, new AddressBook(), drafts);
  tally.begin(picker, drafts, new FileSelection(stage.torrent, stage.geometry));
  const at = (ms: number) => timer(ms).pipe(map(() => tally.progress()));
  const join = (...peers: readonly DrawnPeer[]): void => peers.forEach((peer) => tally.joined(peer));
  return { picker, drafts, tally, at, join };
};

describe('the counters of a download', () => {
  it(
    'count what is stored, to the byte, also when the last piece is shorter',
    drawn(
      (stage) => {
        const { picker, tally } = scene(stage);
        expect([tally.have, tally.totals().left]).toEqual([0, 3 * 16384 + 5]);
        picker.restore(3);
        expect([tally.have, tally.totals().left]).toEqual([5, 3 * 16384]);
        for (const piece of [0, 1, 2]) picker.restore(piece);
        expect([tally.have, tally.totals().left]).toEqual([3 * 16384 + 5, 0]);
      },
      { torrent: { pieces: 4, blocksPerPiece: 1, lastBlock: 5 } },
    ),
  );

  it(
    'keep the bytes of peers that are gone, and tell why they went',
    drawn((stage) => {
      const { tally, join } = scene(stage);
      const [one, other] = [stage.peer(''), stage.peer('')];
      join(one, other);
      one.state.downloaded = 10;
      other.state.downloaded = 5;
      expect(tally.left(one.address, new PeerError('silent', 'drawn: said nothing'))).toMatchObject({
        reason: 'silent',
        message: 'drawn: said nothing',
      });
      expect(tally.left(other.address, undefined)).toEqual({
        type: 'peer-left',
        address: other.address,
        reason: 'closed',
      });
      expect(tally.totals().downloaded).toBe(15);
    }),
  );

  it(
    'measure the rate and the time to go, and what was wasted',
    drawn((stage) => {
      const { tally, join, drafts } = scene(stage);
      const peer = stage.peer('');
      join(peer);
      tally.phase.checked(false);
      tally.progress();
      const give = tap(() => (peer.state.downloaded += 8192));
      drafts.gathered = 8000;
      tally.settled({ type: 'corrupt', index: 0, length: 100, from: [] });
      const seen = ({ downloaded, rate, eta, wasted }: Progress) => [downloaded, rate, eta, wasted];
      stage
        .gives(
          timer(1000).pipe(
            give,
            map(() => seen(tally.progress())),
          ),
        )
        .toBe('1s (p|)', { p: [8192, 8192, 8, 292] });
    }),
  );

  it(
    'say why nothing moves once nothing has for five seconds',
    drawn((stage) => {
      const { tally, at, join } = scene(stage);
      const peer = stage.peer('');
      join(peer);
      tally.phase.checked(false);
      const reason = map(({ reason: why }: Progress) => why ?? '');
      stage.gives(at(4_999).pipe(reason)).toBe('4999ms (r|)', { r: '' });
      stage.gives(at(7_000).pipe(reason)).toBe('7s (r|)', { r: 'no peers left for 7 s, 1 dialled' });
      stage
        .gives(
          timer(8_000).pipe(
            tap(() => (peer.state.downloaded += 1)),
            map(() => tally.progress()),
            reason,
          ),
        )
        .toBe('8s (r|)', { r: '' });
      stage.gives(at(14_000).pipe(reason)).toBe('14s (r|)', { r: 'no peers left for 6 s, 1 dialled' });
    }),
  );

  it(
    'pause while the disk is full',
    drawn((stage) => {
      const { tally } = scene(stage);
      tally.phase.checked(false);
      tally.warned({ type: 'warning', code: 'full', message: '' });
      expect([tally.progress().phase, tally.progress().reason]).toEqual([
        'paused',
        'the disk is full: waiting for room',
      ]);
      tally.warned({ type: 'warning', code: 'room', message: '' });
      expect([tally.progress().phase, tally.progress().reason]).toEqual(['downloading', undefined]);
      expect([tally.done(false, { place: 'a', paths: ['a'] }).length, tally.progress().phase]).toEqual([
        stage.torrent.length,
        'done',
      ]);
    }),
  );
});
