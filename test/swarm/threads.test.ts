import { lastValueFrom, toArray } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { pieceHasher, verifier } from '../../src/disk/hashing/verifier.ts';
import { download } from '../../src/download/download.ts';
import { nodeEnv } from '../../src/node.ts';
import { contentOf, newFolder, sha256OnDisk } from './content.ts';
import { addresses, peers } from './fixture.ts';

const KiB = 1024;
const MiB = 1024 * KiB;

describe('a download with threads that hash', () => {
  const content = contentOf({ name: 'threads', length: 24 * MiB + 77, pieceLength: 256 * KiB });

  it.each([
    ['all', () => true],
    [
      'every other one',
      (
        (turn) => () =>
          turn++ % 2 === 0
      )(0),
    ],
  ])('has all pieces right, of which they hash %s, and tells the wrong ones', async (_, busy) => {
    const all = await peers(content, [{}, {}, { onRequest: (request, talk) => (talk.giveWrong(request), true) }]);
    const folder = newFolder();
    const hasher = pieceHasher(() => false);
    const env = {
      ...nodeEnv(),
      sharesMemory: true,
      verify: (torrent: typeof content.torrent) => verifier(torrent, { workers: 2 }),
    };
    const options = { target: { folder }, trackers: [], peers: addresses(all) };
    const events = await lastValueFrom(
      download(content.torrent, { ...env, hasher: () => (busy() ? undefined : hasher(content.torrent)) }, options).pipe(
        toArray(),
      ),
    );
    expect(events.filter(({ type }) => type === 'corrupt').length).toBeGreaterThan(0);
    expect(sha256OnDisk(content, folder)).toBe(content.sha256);
  });
});
