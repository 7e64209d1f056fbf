import { catchError, map, of } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { drawn, type Mark } from '../../marbles/index.ts';
import { fetchTorrent } from '../../src/download/magnet/fetchTorrent.ts';
import { encodeExtensionHandshake, EXTENSION_HANDSHAKE } from '../../src/protocol/peer/extensions.ts';
import { magnetOf } from '../../src/torrent/metainfo/magnet.ts';
import { contentOf } from '../swarm/content.ts';
import { DrawnPeer } from '../swarm/drawnPeer.ts';
import { withMetadata } from '../swarm/metadata.ts';
import type { Conduct, Talk } from '../swarm/scriptedPeer.ts';

/** Its info dictionary is of five pieces. */
const content = contentOf({ name: 'x', length: 4096 * 4000, pieceLength: 4096 });
const { info } = content.torrent;
const spoilt = (bytes: Uint8Array): typeof content => ({ ...content, torrent: { ...content.torrent, info: bytes } });

const spam = new Uint8Array(16_384).fill(7);
const wrong: Conduct = withMetadata(spoilt(info.map((byte, at) => (at % 16_384 === 99 ? byte ^ 1 : byte))));
const tooLarge: Conduct = withMetadata(spoilt(Uint8Array.from([...info, 0])));
const tooSmall: Conduct = withMetadata(spoilt(info.slice(0, -1)));
const says = (talk: Talk, metadataSize: number): void =>
  talk.send({
    type: 'extended',
    id: EXTENSION_HANDSHAKE,
    payload: encodeExtensionHandshake({ ids: new Map([['ut_metadata', 3]]), metadataSize }),
  });
const claims = (size: number): Conduct => ({
  extended: true,
  onHandshake: (talk) => {
    says(talk, size);
    return true;
  },
});
/** They have it, and do not say how large it is: all that is known then is what they give. */
const sizeless = (answer: (talk: Talk) => void): Conduct => ({
  extended: true,
  onHandshake: (talk) => {
    talk.send({
      type: 'extended',
      id: EXTENSION_HANDSHAKE,
      payload: encodeExtensionHandshake({ ids: new Map([['ut_metadata', 3]]) }),
    });
    return true;
  },
  onMessage: (message, talk) => {
    if (message.type === 'extended' && message.id === 3) answer(talk);
    return true;
  },
});
const raw = (text: string): Conduct => ({
  ...claims(info.length),
  onMessage: (message, talk) => {
    if (message.type === 'extended') talk.send({ type: 'extended', id: 2, payload: new TextEncoder().encode(text) });
    return true;
  },
});

describe('R30: two liars and one honest peer', () => {
  it.each<[string, Conduct]>([
    ['other bytes', wrong],
    ['a byte more', tooLarge],
    ['a byte less', tooSmall],
    ['silence', claims(info.length)],
    ['two gigabytes', claims(2 ** 31 - 1)],
    ['sixteen megabytes, and silence', claims(2 ** 24)],
    ['one byte', claims(1)],
    ['what means nothing', raw('d8:msg_type')],
    ['negative pieces', raw('d8:msg_typei1e5:piecei-1eexxx')],
    ['no size, and silence', sizeless(() => undefined)],
    [
      'no size, and then two gigabytes with the first piece',
      sizeless((talk) =>
        talk.send({
          type: 'extended',
          id: 2,
          payload: Buffer.concat([Buffer.from(`d8:msg_typei1e5:piecei0e10:total_sizei${2 ** 31}ee`), spam]),
        }),
      ),
    ],
    [
      'no size, and other bytes',
      sizeless((talk) =>
        talk.send({
          type: 'extended',
          id: 2,
          payload: Buffer.concat([Buffer.from(`d8:msg_typei1e5:piecei0e10:total_sizei${info.length}ee`), spam]),
        }),
      ),
    ],
    ['rejections', raw('d8:msg_typei2e5:piecei0ee')],
  ])('%s', (_, lie) => {
    let found: readonly Mark[] = [];
    drawn((stage) => {
      const network = stage.network();
      const honest: Conduct = { ...withMetadata(content), bytesPerSecond: 2 ** 22 };
      const peers = [lie, lie, honest].map(
        (conduct, nth) => new DrawnPeer(network, `10.1.0.${nth + 1}`, 7000, content, conduct).address,
      );
      const { env } = network.host('10.0.0.1');
      const found$ = fetchTorrent(magnetOf(content.torrent.infoHash), env, { peers, pex: false }).pipe(
        map((torrent) => [Buffer.compare(torrent.info, info), stage.now() < 10_000]),
        catchError((error: unknown) => of(String(error))),
      );
      found = stage.watch(found$, '^ 60s !');
    })();
    expect(found.map(({ value }) => value)).toEqual([[0, true], undefined]);
  });
});
