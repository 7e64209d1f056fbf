import type { Pace } from '../../discovery/pace.ts';
import { duration } from '../io/units.ts';

const time = (milliseconds: number): string => duration(milliseconds / 1000);

/** The order and the interval in which sources of peers are asked, as one line. */
export const paceLine = ({ enough, trackers, lsd, dht }: Pace): string => {
  const late = ({ after }: { readonly after: number }): string =>
    after > 0 ? ` first asked after ${time(after)} and` : '';
  return [
    `pace: with fewer than ${enough} peers trackers are${late(trackers)} asked again after ${time(trackers.atLeast)}`,
    `a silent tracker is passed over after ${time(trackers.patience)}`,
    `if all fail, they are tried again after ${time(trackers.retry.first)} to ${time(trackers.retry.most)}`,
    `the local network is${late(lsd)} asked again after ${time(lsd.atLeast)}, else after ${time(lsd.atMost)}`,
    `the DHT is${late(dht)} asked again after ${time(dht.afterNone)} if it knew no peer, ` +
      `else after ${time(dht.atLeast)} to ${time(dht.atMost)}`,
  ].join('; ');
};
