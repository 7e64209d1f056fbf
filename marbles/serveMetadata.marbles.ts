import { NEVER, type Observable, of } from 'rxjs';
import { describe, it } from 'vitest';
import { extensionHandshake } from '../operators/extensionHandshake.ts';
import { serveMetadata } from '../operators/serveMetadata.ts';
import type { Peer } from '../src/contracts/peer.ts';
import { encodeExtensionHandshake } from '../src/protocol/peer/extensions.ts';
import type { Message } from '../src/protocol/peer/messages.ts';
import { encodeMetadata, METADATA_PIECE } from '../src/protocol/peer/utMetadata.ts';
import { drawn } from './index.ts';

const info = Uint8Array.from({ length: METADATA_PIECE + 9 }, (_, at) => at & 0xff);
const extended = (id: number, payload: Uint8Array): Message => ({ type: 'extended', id, payload });
/** They want to be told with the id 3, we with 1. */
const speaks = extended(0, encodeExtensionHandshake({ ids: new Map([['ut_metadata', 3]]) }));
const request = (piece: number): Message => extended(1, encodeMetadata({ type: 'request', piece }));
const they = {
  E: speaks,
  '0': request(0),
  '1': request(1),
  '2': request(2),
  r: extended(1, encodeMetadata({ type: 'reject', piece: 0 })),
};
const hello = extended(
  0,
  encodeExtensionHandshake({
    ids: new Map([['ut_metadata', 1]]),
    version: 'rxtorrent 0.1.0',
    reqq: 500,
    yourIp: '10.0.0.1',
    metadataSize: info.length,
  }),
);
const data = (piece: number): Message =>
  extended(
    3,
    encodeMetadata({
      type: 'data',
      piece,
      size: info.length,
      bytes: info.slice(piece * METADATA_PIECE, (piece + 1) * METADATA_PIECE),
    }),
  );
const reject = (piece: number): Message => extended(3, encodeMetadata({ type: 'reject', piece }));
const we = { h: hello, '0': data(0), '1': data(1), x: reject(0), y: reject(1), z: reject(2) };
const serving =
  (metadata: () => Uint8Array | undefined = () => info) =>
  (peer$: Observable<Peer>) =>
    peer$.pipe(extensionHandshake({ names: ['ut_metadata'], metadataSize: info.length }), serveMetadata(metadata));

describe('serveMetadata', () => {
  it(
    'gives each piece that is asked for, and rejects what there is not',
    drawn(({ peer, gives, sends }) => {
      const one = peer('-E-0-1-2-', they);
      const writes = '  h--0-1-z-';
      gives(of(one).pipe(serving()), '^--------!').toBe('-');
      sends(one).toBe(writes, we);
    }),
  );

  it(
    'rejects everything while we have nothing ourselves',
    drawn(({ peer, gives, sends, now }) => {
      const one = peer('-E-0-1-0-', they);
      const writes = '  h--x-y-0-';
      gives(of(one).pipe(serving(() => (now() > 5 ? info : undefined))), '^--------!').toBe('-');
      sends(one).toBe(writes, we);
    }),
  );

  it(
    'gives all of it three times to one peer, and not more',
    drawn(({ peer, gives, sends }) => {
      const one = peer('-E010100011', they);
      const writes = '  h-010100xyy';
      gives(of(one).pipe(serving()), '^-----------!').toBe('-');
      sends(one).toBe(writes, we);
    }),
  );

  it(
    'waits while the send buffer is full, and rejects what is beyond 64 requests',
    drawn(({ peer, gives, sends }) => {
      // Forty pieces, so that it is not three times all of it.
      const long = new Uint8Array(40 * METADATA_PIECE);
      const first = extended(
        3,
        encodeMetadata({ type: 'data', piece: 0, size: long.length, bytes: long.subarray(0, METADATA_PIECE) }),
      );
      const buffer = `         f${'-'.repeat(68)}d`;
      const one = peer(`       E${'0'.repeat(66)}`, they, { buffer });
      const writes = `         h0${'-'.repeat(64)}x--(${'0'.repeat(64)})`;
      gives(of(one).pipe(serving(() => long)), '^ 80ms !').toBe('-');
      sends(one).toBe(writes, { ...we, '0': first });
    }),
  );

  it(
    'hangs up on a peer that requests what there is not, and reads no answer',
    drawn(({ peer, gives }) => {
      const buffer = 'f';
      const deaf = peer(`E${'2'.repeat(1100)}`, they, { buffer });
      const reads = peer(`E${'2'.repeat(1100)}|`, they);
      gives(of(deaf).pipe(serving())).toBe(' 1002ms #', undefined, { name: 'PeerError', code: 'unexpected' });
      gives(of(reads).pipe(serving())).toBe('1101ms |');
    }),
  );

  it(
    'sends nothing to a peer that does not support it, and leaves other messages to `fetchMetadata`',
    drawn(({ peer, gives, sends }) => {
      const mute = peer(
        '-e-0',
        { ...they, e: extended(0, encodeExtensionHandshake({ ids: new Map() })) },
        { extended: true },
      );
      const answers = peer('-E-r-E-U', they);
      gives(of(mute).pipe(serving()), '^----!').toBe('-');
      gives(of(answers).pipe(serving()), '^--------!').toBe('-');
      sends(mute).toBe('h', we);
      sends(answers).toBe('i', {
        ...we,
        i: {
          ...hello,
          payload: encodeExtensionHandshake({
            ids: new Map([['ut_metadata', 1]]),
            version: 'rxtorrent 0.1.0',
            reqq: 500,
            yourIp: '10.0.0.2',
            metadataSize: info.length,
          }),
        },
      });
    }),
  );

  it(
    'errors on a malformed message, and ends when the peer hangs up',
    drawn(({ peer, gives }) => {
      const garbage = extended(1, new TextEncoder().encode('i1e'));
      gives(of(peer('E-g', { ...they, g: garbage })).pipe(serving())).toBe('--#', undefined, {
        name: 'PeerError',
        code: 'malformed',
      });
      gives(of(peer('E-|', they)).pipe(serving())).toBe('                --|');
    }),
  );

  it(
    'waits for a peer that never comes, ends without one, and passes errors on',
    drawn(({ gives, cold }) => {
      gives(NEVER.pipe(serving()), '^---!').toBe('-');
      gives(cold<Peer>('--|').pipe(serving())).toBe('--|');
      gives(cold<Peer>('--#').pipe(serving())).toBe('--#');
    }),
  );
});
