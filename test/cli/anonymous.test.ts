import { writeFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { NetworkError } from '../../src/contracts/errors.ts';
import { nodeEnv } from '../../src/node.ts';
import { ourPeerId, PEER_ID_PREFIX } from '../../src/protocol/encoding/id.ts';
import { serve } from '../net/servers.ts';
import { contentOf } from '../swarm/content.ts';
import { peer } from '../swarm/fixture.ts';
import { folder, run } from './run.ts';

const file = (announce: string): string => {
  const path = join(folder(), 'a.torrent');
  writeFileSync(path, contentOf({ name: 'a', length: 100_000, announce }).metainfo);
  return path;
};

/** What a tracker is told of us: the peer id, and who asks. */
const told = async (...options: readonly string[]): Promise<readonly [id: string, agent: string | undefined]> => {
  let heard: readonly [string, string | undefined] = ['', ''];
  const tracker = await serve((request, response) => {
    const [, id = ''] = /peer_id=([^&]*)/.exec(request.url ?? '') ?? [];
    // The goodbye tells nothing new.
    if (!request.url?.includes('stopped')) heard = [unescape(id), request.headers['user-agent']];
    response.end('d8:intervali60e5:peers0:e');
  });
  await run(['peers', file(`${tracker}/announce`), '--timeout', '1', ...options]);
  return heard;
};

describe('--anonymous', () => {
  it('tells trackers and web servers nothing of the client', async () => {
    const [id, agent] = await told();
    expect([id.startsWith(PEER_ID_PREFIX), agent]).toEqual([true, 'rxtorrent']);
    const [hidden, nobody] = await told('--anonymous');
    expect([hidden.length, hidden.includes('RX'), nobody]).toEqual([20, false, undefined]);
  });

  it('tells peers nothing of the client', async () => {
    let said = '';
    const content = contentOf({ name: 'a', length: 100_000, announce: 'http://127.0.0.1:1/announce' });
    const seed = await peer(content, {
      onConnect: ({ socket }) => {
        (socket as Socket).on('data', (bytes: Buffer) => (said += bytes.toString('latin1')));
        return false;
      },
    });
    await run([
      'nhandshake',
      file('http://127.0.0.1:1/announce'),
      `127.0.0.1:${seed.port}`,
      '--anonymous',
      '--timeout',
      '1',
    ]);
    expect(said).toContain('BitTorrent protocol');
    for (const word of ['RX0100', 'rxtorrent', 'yourip']) expect(said).not.toContain(word);
  });

  it('says nothing to the local network', async () => {
    const failed = await new Promise((resolve) => {
      nodeEnv({ anonymous: true })
        .bindUdp({ family: 4, multicast: '239.192.152.143' })
        .subscribe({ next: resolve, error: resolve });
    });
    expect(failed).toBeInstanceOf(NetworkError);
    const random = (length: number): Uint8Array => new Uint8Array(length).fill(1);
    expect(ourPeerId({ anonymous: true, randomBytes: random })).toEqual(random(20));
  });
});
