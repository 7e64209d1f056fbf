import type { Pace } from '../../discovery/pace.ts';
import { duration } from './units.ts';

const time = (milliseconds: number): string => duration(milliseconds / 1000);

/** How often those are asked who name peers, as one line. */
export const paceLine = ({ enough, trackers }: Pick<Pace, 'enough' | 'trackers'>): string =>
  [
    `pace: with fewer than ${enough} peers trackers are asked again after ${time(trackers.atLeast)}`,
    `a silent tracker is passed over after ${time(trackers.patience)}`,
    `all failing, they are tried again after ${time(trackers.retry.first)} to ${time(trackers.retry.most)}`,
  ].join('; ');
