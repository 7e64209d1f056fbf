import { defaultPace, type DownloadOptions } from '../../src/index.ts';

/** Peers of the local network at once, all others after so many milliseconds. */
export const lanFirst = (after = 60_000): Pick<DownloadOptions, 'lsd' | 'pace'> => {
  const { trackers, dht } = defaultPace;
  return { lsd: true, pace: { ...defaultPace, trackers: { ...trackers, after }, dht: { ...dht, after } } };
};
