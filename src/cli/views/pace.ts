import type { Pace, SourcePace } from '../../discovery/pace.ts';
import { duration } from './units.ts';

const time = (milliseconds: number): string => duration(milliseconds / 1000);

const order = (sources: readonly (readonly [name: string, pace: Pick<SourcePace, 'after'>])[]): string =>
  [...sources]
    .sort(([, one], [, other]) => one.after - other.after)
    .map(([name, { after }]) => (after > 0 ? `${name} after ${time(after)}` : `${name} at once`))
    .join(', ');

/** In which order and how often peers are looked for, as one line. */
export const paceLine = ({ enough, trackers, lsd, dht }: Pace): string =>
  [
    `pace: ${order([
      ['trackers', trackers],
      ['local network', lsd],
      ['DHT', dht],
    ])}`,
    `with fewer than ${enough} peers trackers are asked again after ${time(trackers.atLeast)}`,
    `the local network after ${time(lsd.atLeast)}`,
    `the DHT after ${time(dht.atLeast)} (${time(dht.afterNone)} if nobody was found)`,
    `a silent tracker is passed over after ${time(trackers.patience)}`,
    `all failing, they are tried again after ${time(trackers.retry.first)} to ${time(trackers.retry.most)}`,
  ].join('; ');
