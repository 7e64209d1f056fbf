import { EMPTY, ignoreElements, map, mergeMap, NEVER, type Observable, switchMap } from 'rxjs';
import type { PeerAddress, Wire } from '../../src/contracts/network.ts';
import type { NetworkedHost, Stage } from '../index.ts';

export const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
export const bytes = (words: string): Uint8Array => new TextEncoder().encode(words);
export const at = (host: string, port = 6881): PeerAddress => ({ host, port, source: 'manual' });
export const [ONE, TWO] = ['10.0.0.1', '10.0.0.2'] as const;

/** Two machines with 3 ms between them. */
export const two = (stage: Stage, options = {}): readonly [NetworkedHost, NetworkedHost] => {
  const network = stage.network();
  return [network.host(ONE, { delay: 1, ...options }), network.host(TWO, { delay: 2, ...options })];
};

/** Runs an action on each call; emits nothing else. */
export const listening = (
  host: NetworkedHost,
  answer: (wire: Wire) => Observable<unknown> = () => NEVER,
): Observable<never> =>
  host.env.listen({ ports: [6881] }).pipe(
    switchMap(({ calls$ }) => calls$),
    mergeMap(({ wire$ = EMPTY }) => wire$.pipe(mergeMap(answer))),
    ignoreElements(),
  );
export const heard = (wire: Wire): Observable<string> => wire.bytes$.pipe(map(text));
