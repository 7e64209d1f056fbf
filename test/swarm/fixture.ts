import { onTestFinished } from 'vitest';
import type { DownloadOptions } from '../../src/download/options.ts';
import type { Content } from './content.ts';
import { type Conduct, RealPeer } from './realPeer.ts';
import { type Ran, run } from './run.ts';
import { TinyTracker } from './tracker.ts';

type OnFinished = typeof onTestFinished;

/** A peer that is closed when the test is over. Tests that run at the same time give their own `finished`. */
export const peer = async (
  content: Content,
  conduct: Conduct = {},
  finished: OnFinished = onTestFinished,
): Promise<RealPeer> => {
  const real = await RealPeer.listen(content, conduct);
  finished(() => real.close());
  return real;
};

export const peers = (
  content: Content,
  conducts: readonly Conduct[],
  finished: OnFinished = onTestFinished,
): Promise<RealPeer[]> => Promise.all(conducts.map((conduct) => peer(content, conduct, finished)));

export const addresses = (all: readonly RealPeer[]) => all.map(({ address }) => address);

/** A tracker that names these. */
export const tracker = async (
  all: readonly RealPeer[],
  finished: OnFinished = onTestFinished,
): Promise<TinyTracker> => {
  const tiny = await TinyTracker.listen(addresses(all));
  finished(() => tiny.close());
  return tiny;
};

export interface Duel {
  readonly ran: Ran;
  readonly hostile: RealPeer;
  readonly honest: RealPeer;
}

/** A download from one hostile peer and one honest seed, the hostile one first. */
export const duel = async (
  content: Content,
  hostile: Conduct,
  {
    finished = onTestFinished,
    honest = {},
    within = 25_000,
    ...options
  }: Partial<DownloadOptions> & { finished?: OnFinished; honest?: Conduct; within?: number } = {},
): Promise<Duel> => {
  const [bad, good] = (await peers(content, [hostile, { unchokeAfter: 50, ...honest }], finished)) as [
    RealPeer,
    RealPeer,
  ];
  const ran = await run(content, { peers: addresses([bad, good]), ...options }, within);
  return { ran, hostile: bad, honest: good };
};
