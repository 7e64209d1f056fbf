import { lastValueFrom, toArray } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { fetchTorrent } from '../../src/download/magnet/fetchTorrent.ts';
import { nodeEnv } from '../../src/node.ts';
import { encode } from '../../src/protocol/encoding/bencode.ts';
import { EXTENSION_HANDSHAKE } from '../../src/protocol/peer/extensions.ts';
import { encodeHandshake } from '../../src/protocol/peer/handshake.ts';
import { toHex } from '../../src/protocol/encoding/id.ts';
import { Malformed } from '../../src/protocol/encoding/malformed.ts';
import { shownUrl } from '../../src/protocol/tracker/shownUrl.ts';
import { decodeMetadata } from '../../src/protocol/peer/utMetadata.ts';
import { magnetOf, parseMagnet } from '../../src/torrent/metainfo/magnet.ts';
import { parseTorrent } from '../../src/torrent/metainfo/metainfo.ts';
import { serveSelfSigned } from '../net/servers.ts';
import { contentOf } from '../swarm/content.ts';
import { addresses, duel, peer, peers } from '../swarm/fixture.ts';
import { withMetadata } from '../swarm/metadata.ts';
import type { Conduct } from '../swarm/realPeer.ts';
import { leavings, run } from '../swarm/run.ts';

const content = contentOf({ name: 'x', length: 300_000, pieceLength: 32_768 });
const { infoHash, info } = content.torrent;

/** Says in its first handshake that it can do everything there is, and what there may be one day. */
const claimsAll = (conduct: Conduct): Conduct => ({
  ...conduct,
  onConnect: (talk) => {
    talk.handshake = (): void => {
      const greeting = encodeHandshake({ infoHash, peerId: talk.peer.id });
      greeting.fill(0xff, 20, 28);
      talk.raw(greeting);
    };
  },
});

describe('R12: v2 where there is none', () => {
  it('a peer that claims v2 and all other bits is judged by its deeds: metadata and content come from it', async () => {
    const claiming = await peer(content, claimsAll(withMetadata(content)));
    const found$ = fetchTorrent(magnetOf(infoHash), nodeEnv(), { peers: [claiming.address], pex: false });
    expect((await lastValueFrom(found$.pipe(toArray()))).map((torrent) => toHex(torrent.infoHash))).toEqual([
      toHex(infoHash),
    ]);
    const ran = await run(content, { peers: [claiming.address] });
    expect([ran.done, ran.sha256]).toEqual([true, content.sha256]);
  });

  it('a hybrid whose v2 part says something else is refused; a link is that of its v1 hash', () => {
    const hybrid = { name: 'x', length: 9, 'piece length': 16_384, pieces: new Uint8Array(20), 'meta version': 2 };
    for (const tree of [
      {},
      { y: { '': { length: 7, 'pieces root': new Uint8Array(32) } } },
      { '..': { '': { length: -1 } } },
    ])
      expect(() => parseTorrent(encode({ info: { ...hybrid, 'file tree': tree } }))).toThrow(Malformed);
    const v2 = `urn:btmh:1220${'ab'.repeat(32)}`;
    expect(parseMagnet(`magnet:?xt=${v2}&xt=urn:btih:${toHex(infoHash)}`).infoHash).toEqual(infoHash);
    expect(parseMagnet(`magnet:?xt=${v2}`).infoHash).toEqual(new Uint8Array(20).fill(0xab));
  });
});

describe('R32: extension handshakes that mean nothing', () => {
  const says = (payload: Uint8Array): Conduct => ({
    extended: true,
    onHandshake: (talk) => {
      talk.send({ type: 'extended', id: EXTENSION_HANDSHAKE, payload });
      talk.sayWhatThereIs();
      return true;
    },
  });
  const text = (words: string): Uint8Array => new TextEncoder().encode(words);

  it.each([
    ['nothing', text('')],
    ['no dictionary', text('le')],
    ['half a dictionary', text('d1:md')],
    ['brackets without end', text('l'.repeat(60_000))],
    ['too much', encode({ v: 'x'.repeat(100_000) })],
  ])('%s: whoever sends it is left, the others go on', async (_, payload) => {
    const { ran, hostile } = await duel(content, says(payload));
    expect([ran.done, ran.sha256]).toEqual([true, content.sha256]);
    expect(leavings(ran, hostile.port)).toEqual(['malformed']);
  });

  it.each([
    ['wrong types', encode({ m: 7, v: [], p: 'x', reqq: {}, yourip: 3, metadata_size: 'x', upload_only: [] })],
    [
      'numbers beyond reason',
      encode({ m: { ut_metadata: 2 ** 40, ut_pex: -1 }, reqq: -5, p: 2 ** 40, metadata_size: -1 }),
    ],
    ['extensions that nobody knows', encode({ m: { xx_a: 1, '': 2, ut_holepunch: 3 }, q: { deep: [[[]]] } })],
  ])('%s count as absent: all is had from whoever sends them', async (_, payload) => {
    const odd = await peer(content, says(payload));
    const ran = await run(content, { peers: [odd.address] });
    expect([ran.done, ran.sha256, odd.talks.length]).toEqual([true, content.sha256, 1]);
  });

  it('a thousand of them in a row cost nobody anything but their reading', async () => {
    const payload = encode({ m: Object.fromEntries(Array.from({ length: 60 }, (_, n) => [`x${n}`, n + 1])), reqq: 3 });
    const noisy = await peer(content, {
      extended: true,
      onHandshake: (talk) => {
        for (let n = 0; n < 1000; n++) talk.send({ type: 'extended', id: EXTENSION_HANDSHAKE, payload });
        talk.sayWhatThereIs();
        return true;
      },
    });
    const ran = await run(content, { peers: [noisy.address] });
    expect([ran.done, ran.sha256]).toEqual([true, content.sha256]);
  });
});

describe('R30: sizes of metadata', () => {
  it('allocates and asks nothing for claimed gigabytes, only the first piece where no size is claimed', async () => {
    const asked: (readonly [size: number, piece: number | undefined])[] = [];
    const claims = (size: number): Conduct => ({
      extended: true,
      onHandshake: (talk) => {
        talk.send({
          type: 'extended',
          id: EXTENSION_HANDSHAKE,
          payload: encode({ m: { ut_metadata: 3 }, metadata_size: size }),
        });
        return true;
      },
      onMessage: (message) => {
        if (message.type === 'extended' && message.id === 3) asked.push([size, decodeMetadata(message.payload)?.piece]);
        return true;
      },
    });
    const liars = await peers(content, [claims(2 ** 31 - 1), claims(2 ** 24 + 1), claims(0), claims(-1)]);
    const honest = await peer(content, withMetadata(content));
    const before = process.memoryUsage().arrayBuffers;
    const found$ = fetchTorrent(magnetOf(infoHash), nodeEnv(), { peers: addresses([...liars, honest]), pex: false });
    const [torrent] = await lastValueFrom(found$.pipe(toArray()));
    expect(torrent?.info.length).toBe(info.length);
    expect(asked.filter(([size, piece]) => size > 0 || piece !== 0)).toEqual([]);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 24);
  });
});

describe('R46: hosts that look like others', () => {
  const link = (url: string) =>
    parseMagnet(`magnet:?xt=urn:btih:${toHex(infoHash)}&tr=${encodeURIComponent(url)}&xs=${encodeURIComponent(url)}`);

  it('in letters of another script are used nowhere', () => {
    // Cyrillic а, fullwidth full stop.
    for (const url of [
      'http://\u0430pple.com/announce',
      'http://127\uff0e0.0.1/announce',
      'https://b\u00fccher.example/a',
    ]) {
      const { announce, sources, ignored } = link(url);
      expect({ announce, sources, ignored: ignored.length }).toEqual({ announce: [], sources: [], ignored: 2 });
    }
  });

  it('spelled in percents, or as they are written, are shown as what is asked', () => {
    for (const url of ['http://%D0%B0pple.com/announce', 'http://xn--pple-43d.com/announce']) {
      expect(shownUrl(url)).toBe('http://xn--pple-43d.com/announce');
      expect(link(url).announce).toEqual([[url]]);
    }
  });

  it('a tracker that can not prove its name hears nothing; the download goes on without it', async () => {
    let heard = 0;
    const origin = await serveSelfSigned((_, response) => {
      heard++;
      response.end();
    });
    const seed = await peer(content, { bytesPerSecond: 500_000 });
    const ran = await run(content, {
      peers: [seed.address],
      trackers: [[`${origin.replace('127.0.0.1', 'localhost')}/announce`]],
    });
    expect([ran.done, heard]).toEqual([true, 0]);
    expect(ran.events).toContainEqual(
      expect.objectContaining({
        type: 'warning',
        code: 'unreachable',
        message: expect.stringContaining('certificate') as string,
      }),
    );
  });
});
