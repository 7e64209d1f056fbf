import { createHash } from 'node:crypto';
import { of, tap } from 'rxjs';
import { drawn } from '../../marbles/index.ts';
import type { DownloadEvent, Progress } from '../../src/contracts/events.ts';
import type { Verify } from '../../src/contracts/storage.ts';
import { download } from '../../src/download/download.ts';
import type { DownloadOptions } from '../../src/download/options.ts';
import type { Content } from './content.ts';
import { DrawnPeer } from './drawnPeer.ts';
import type { Ran } from './run.ts';
import type { Conduct, ScriptedPeer } from './scriptedPeer.ts';

const sha1Of = (content: Content): Verify => {
  const { pieceHashes } = content.torrent;
  return ({ index, bytes }) =>
    createHash('sha1')
      .update(bytes)
      .digest()
      .equals(pieceHashes.subarray(20 * index, 20 * index + 20));
};

export interface DrawnDuel {
  readonly ran: Ran;
  readonly hostile: ScriptedPeer;
  readonly honest: ScriptedPeer;
}

/**
 * A download from one hostile peer and one honest seed, the hostile one first, in virtual time: what takes minutes
 * there takes none here, and is the same however busy this machine is. `took` is in milliseconds of theirs.
 */
export const drawnDuel = (
  content: Content,
  hostile: Conduct,
  { honest = {}, ...options }: Partial<DownloadOptions> & { readonly honest?: Conduct } = {},
): DrawnDuel => {
  const events: DownloadEvent[] = [];
  let duel: DrawnDuel | undefined;
  drawn(
    (stage) => {
      const network = stage.network();
      const us = network.host('10.0.0.1', { delay: 1 });
      const peerOf = (conduct: Conduct, nth: number): DrawnPeer =>
        new DrawnPeer(network, `10.0.0.${nth}`, 7000 + nth, content, conduct);
      const [bad, good] = [peerOf(hostile, 2), peerOf({ unchokeAfter: 50, ...honest }, 3)] as const;
      const env = { ...us.env, verify: () => sha1Of(content) };
      const own = { target: { folder: '.' }, trackers: [], peers: [bad.address, good.address], ...options };
      let took = Infinity;
      const done = (event: DownloadEvent): void => {
        events.push(event);
        if (event.type === 'done') took = stage.now();
      };
      stage.watch(download(content.torrent, env, own).pipe(tap(done)), '^ 10m !');
      const ended = (): void => {
        const sha256 = createHash('sha256').update(us.disk(content.torrent).bytes).digest('hex');
        const progress = events.findLast((event): event is Progress => event.type === 'progress') as Progress;
        const isDone = events.some(({ type }) => type === 'done');
        duel = { ran: { events, folder: '', sha256, done: isDone, progress, took }, hostile: bad, honest: good };
      };
      stage.watch(of(0).pipe(tap({ complete: ended })), '10m ^');
    },
    { torrent: content.torrent },
  )();
  if (duel === undefined) throw new Error(`nothing was drawn: ${events.length} events`);
  return duel;
};
