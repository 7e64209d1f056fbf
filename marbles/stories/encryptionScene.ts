import {
  EMPTY,
  endWith,
  ignoreElements,
  map,
  merge,
  mergeMap,
  type Observable,
  of,
  switchMap,
  takeWhile,
  tap,
} from 'rxjs';
import type { Env } from '../../src/contracts/env.ts';
import type { Connect, ListenOptions, Wire } from '../../src/contracts/network.ts';
import { torrentMark } from '../../src/protocol/mse/mseKeys.ts';
import type { NetworkedHost } from '../index.ts';
import { at, bytes, text, TWO } from '../network/twoHosts.ts';
import { seeded } from '../random.ts';

export const INFO_HASH = Uint8Array.from({ length: 20 }, (_, n) => n + 1);
export const OTHER_HASH = INFO_HASH.map((byte) => byte ^ 1);

/** What every plain conversation begins with. */
const PLAIN = '\x13BitTorrent protocol';

type TorrentOf = NonNullable<ListenOptions['torrentOf']>;

/** Finds one torrent by its mark. */
export const knowing =
  (infoHash: Uint8Array): TorrentOf =>
  (mark) =>
    Buffer.compare(mark, torrentMark(infoHash)) === 0 ? infoHash : undefined;

/** What comes, with the letter of the way at the end of it: `+` for RC4. */
const heard = (wire: Wire): Observable<string> =>
  wire.bytes$.pipe(
    map(text),
    map((words) => words.replace(PLAIN, '') + (wire.road?.() === 'tcp+rc4' ? '+' : '')),
  );

const says = (wire: Wire, word: string): Observable<never> =>
  of(word).pipe(
    tap((each) => wire.write(bytes(PLAIN + each))),
    ignoreElements(),
  );

/** Dials TWO for a torrent and says `a` at once; emits what comes back. */
export const calling = (connect: Connect, infoHash: Uint8Array | undefined = INFO_HASH): Observable<string> =>
  connect(at(TWO), infoHash).pipe(switchMap((wire) => merge(heard(wire), says(wire, 'a'))));

/** Answers each call with `b` once something has come; emits what comes. */
export const answering = (listen: Env['listen'], torrentOf: TorrentOf = knowing(INFO_HASH)): Observable<string> =>
  listen({ ports: [6881], torrentOf }).pipe(
    switchMap(({ calls$ }) => calls$),
    mergeMap(({ wire$ = EMPTY }) => wire$),
    mergeMap((wire) => heard(wire).pipe(mergeMap((word) => merge(of(word), says(wire, 'b'))))),
  );

/** A program that has never heard of encryption; `odd` is what it does when it hears something else than it knows. */
export const plainProgram = (host: NetworkedHost, odd: 'hangs up' | 'is silent' | 'answers'): Observable<never> => {
  const talks = (wire: Wire): Observable<unknown> =>
    wire.bytes$.pipe(
      map((chunk) => text(chunk).startsWith(PLAIN)),
      takeWhile((isPlain) => isPlain || odd !== 'hangs up'),
      tap((isPlain) => {
        if (isPlain || odd === 'answers') wire.write(bytes(`${PLAIN}b`));
      }),
    );
  return host.env.listen({ ports: [6881] }).pipe(
    switchMap(({ calls$ }) => calls$),
    mergeMap(({ wire$ = EMPTY }) =>
      wire$.pipe(
        switchMap((wire) =>
          talks(wire).pipe(
            map(() => true),
            endWith(false),
          ),
        ),
        // It hangs up when the conversation is over.
        takeWhile((isOpen) => isOpen),
      ),
    ),
    ignoreElements(),
  );
};

const random = seeded(1);
export const randomBytes = (length: number): Uint8Array =>
  Uint8Array.from({ length }, () => Math.floor(random() * 256));
export const failed = (code: string) => ({ name: 'NetworkError', code });

/** Says `a`, and emits `b` for whatever is answered. */
export const sayingA = (wire: Wire): Observable<string> => {
  wire.write(bytes('\x13BitTorrent protocola'));
  return wire.bytes$.pipe(map(() => 'b'));
};
