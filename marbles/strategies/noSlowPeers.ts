import { byPriority, type DownloadOptions, firstBy, hangUpWhen, rarestFirst } from '../../src/index.ts';

/** Rarest first, and no peer that serves us with less than so many bytes a second. */
export const noSlowPeers = (least = 50_000): Pick<DownloadOptions, 'order' | 'converse'> => {
  const slow = hangUpWhen(({ peer, age, downRate }) =>
    age >= 20_000 && !peer.state.choked && downRate < least ? `gives less than ${least} bytes/s` : undefined,
  );
  return { order: firstBy(byPriority, rarestFirst), converse: [slow] };
};
