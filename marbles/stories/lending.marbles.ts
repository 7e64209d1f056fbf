import { EMPTY, ignoreElements, mergeMap, type Observable, tap, timer } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { drawn, HOME, honest, type Stage } from '../index.ts';

const A = '10.1.0.1:7000';
const address = { host: '10.1.0.1', port: 7000, source: 'manual' } as const;
const elsewhere = { host: '10.0.0.9', port: 53 };
const bytes = Uint8Array.of(1, 2, 3);

/** All that there is to be lent in a drawing. */
const lenders: Readonly<Record<string, (stage: Stage) => Observable<Uint8Array>>> = {
  'a wire': (stage) => stage.wire('-h').bytes$,
  'a message of a peer': (stage) =>
    stage.peer('-1').messages$.pipe(mergeMap((message) => (message.type === 'piece' ? [message.bytes] : []))),
  'an extended message': (stage) =>
    stage
      .peer('-E', { E: { type: 'extended', id: 3, payload: bytes } }, { extended: true })
      .messages$.pipe(mergeMap((message) => (message.type === 'extended' ? [message.payload] : []))),
  'a player of a world': (stage) =>
    stage
      .world({ peers: { [A]: honest() } })
      .env.connect(address)
      .pipe(
        mergeMap((wire) => {
          const { infoHash } = stage.torrent;
          wire.write(
            Uint8Array.from([
              19,
              ...new TextEncoder().encode('BitTorrent protocol'),
              ...new Uint8Array(8),
              ...infoHash,
              ...infoHash,
            ]),
          );
          return wire.bytes$;
        }),
      ),
  'a datagram': (stage) => {
    const { env, udp } = stage.world();
    udp.plays(elsewhere, () => bytes.slice());
    return env.bindUdp({ family: 4 }).pipe(
      mergeMap((socket) => {
        timer(1).subscribe(() => socket.send(bytes.slice(), elsewhere));
        return socket.datagrams$.pipe(
          mergeMap((datagram) => (datagram.from.host === HOME[0] ? EMPTY : [datagram.bytes])),
        );
      }),
    );
  },
};

describe('what is lent', () => {
  it.each(Object.entries(lenders))(
    'by %s is overwritten in the end for a subscriber that kept it, with the slice of a Buffer, too',
    (_, lender) => {
      const kept: { readonly itself: Uint8Array; readonly slice: Uint8Array; readonly copy: Uint8Array }[] = [];
      drawn(
        (stage) => {
          const keep = (lent: Uint8Array): void =>
            void kept.push({ itself: lent, slice: lent.slice(), copy: new Uint8Array(lent) });
          stage.gives(lender(stage).pipe(tap(keep), ignoreElements()), '^ 50ms !').toBe('-');
        },
        { mayLeak: true },
      )();
      const spoilt = ({ length }: Uint8Array): number[] => new Array<number>(length).fill(0xdd);
      const [first] = kept;
      expect(first?.copy.length).toBeGreaterThan(2);
      expect([...(first?.itself ?? [])]).toEqual(spoilt(first?.copy ?? bytes));
      expect([...(first?.slice ?? [])]).toEqual(spoilt(first?.copy ?? bytes));
      expect([...(first?.copy ?? [])]).not.toEqual(spoilt(first?.copy ?? bytes));
    },
  );
});
