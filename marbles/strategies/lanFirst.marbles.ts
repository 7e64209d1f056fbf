/**
 * The local network first, the rest after a minute: a machine beside this one costs nobody's line.
 */
import { describe, it } from 'vitest';
import { download } from '../../src/index.ts';
import { drawn, honest } from '../index.ts';
import { lanFirst } from './lanFirst.ts';

describe('the local network first', () => {
  it(
    'asks trackers only after a minute',
    drawn(({ torrent, world, watch, happens }) => {
      const { env, announces, dials } = world({ peers: { '10.1.0.1:7000': honest({ pace: 4 }) } });
      watch(download(torrent, env, { target: { folder: '.' }, ...lanFirst() }));
      happens(announces).toBe('60003ms s 38ms c----x');
      happens(dials).toBe('60008ms a');
    }),
  );
});
