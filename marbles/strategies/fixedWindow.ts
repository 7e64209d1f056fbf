import type { DownloadOptions } from '../../src/index.ts';

/** So many requests in flight with each peer, whatever its rate. */
export const fixedWindow = (requests = 10): Pick<DownloadOptions, 'window'> => ({ window: requests });
