/**
 * An extension of one's own in the full client (BEP 10): an echo.
 */
import { defer, ignoreElements, merge, Subject, tap } from 'rxjs';
import { describe, it } from 'vitest';
import { client, type OwnExtension } from '../../src/index.ts';
import { drawn } from '../index.ts';
import { echo } from './echo.ts';

describe('an echo', () => {
  it(
    'comes back from a peer that has it',
    drawn(({ torrent, network, gives }) => {
      const wan = network();
      const [seed, caller] = [wan.host('10.0.0.1'), wan.host('10.0.0.2')];
      seed.disk(torrent, { has: [0, 1] });
      const heard$ = new Subject<string>();
      const hello: OwnExtension = {
        name: 'xx_echo',
        talk: ({ payloads$, send }) =>
          defer(() => {
            send(new TextEncoder().encode('hello'));
            return payloads$.pipe(tap((payload) => heard$.next(new TextDecoder().decode(payload))));
          }),
      };
      const options = { target: { folder: '.' } };
      const runs = (host: typeof seed, more: object) =>
        host
          .runs(client(host.env, { ports: [6881] }).download(torrent, { ...options, ...more }))
          .pipe(ignoreElements());

      gives(merge(heard$, runs(caller, { extensions: [hello] })), '^ 20s !').toBe('89ms h', { h: 'hello' });
      gives(runs(seed, { extensions: [echo], seed: {} }), '^ 20s !').toBe('-');
    }),
  );
});
