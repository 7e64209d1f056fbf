import { map, Subject } from 'rxjs';
import { describe, it } from 'vitest';
import { dialable } from '../operators/dialable.ts';
import { PeerError } from '../src/contracts/errors.ts';
import type { Warning } from '../src/contracts/events.ts';
import type { PeerAddress } from '../src/contracts/network.ts';
import { drawn } from './index.ts';

const at = (host: string, port: number): PeerAddress => ({ host, port, source: 'manual' });
const good = { a: at('203.0.113.7', 6881), b: at('2001:db8::7', 1), c: at('peer.example', 65_535) };

describe('dialable', () => {
  it(
    'lets through what can be dialled, and warns of the rest',
    drawn(({ hot, gives }) => {
      const bad = {
        u: at('203.0.113.7', 70_000),
        v: at('203.0.113.7', 0),
        w: at('203.0.113.7', 6881.5),
        x: at('', 6881),
        y: at('a b', 6881),
        z: at('203.0.113.999', 6881),
      };
      const warnings$ = new Subject<Warning>();
      const source = '-a-u-v-w-b-x-y-z-c-|';
      const result = '-a-------b-------c-|';
      const report = '---u-v-w---x-y-z--';
      gives(warnings$.pipe(map(({ message }) => message)), '^-----------------!').toBe(report, {
        u: '203.0.113.7:70000: a port is from 1 to 65535',
        v: '203.0.113.7:0: a port is from 1 to 65535',
        w: '203.0.113.7:6881.5: a port is from 1 to 65535',
        x: '":6881": a host is an IP address or a name',
        y: '"a b:6881": a host is an IP address or a name',
        z: '"203.0.113.999:6881": a host is an IP address or a name',
      });
      const all = { ...good, ...bad };
      gives(hot(source, all).pipe(dialable((warning) => warnings$.next(warning)))).toBe(result, all);
    }),
  );

  it(
    'warns ten times, however many there are',
    drawn(({ cold, gives }) => {
      const warnings$ = new Subject<Warning>();
      const x = at('203.0.113.7', 70_000);
      gives(warnings$.pipe(map(({ code }) => code)), '^----------------!').toBe('xxxxxxxxxx', { x: 'bad-address' });
      gives(cold('xxxxxxxxxxxxxxx|', { x }).pipe(dialable((warning) => warnings$.next(warning)))).toBe(
        '---------------|',
      );
    }),
  );

  it(
    'lets a peer through that has called us, from wherever that was',
    drawn(({ cold, gives }) => {
      const caller: PeerAddress = { ...at('', 0), source: 'incoming', wire$: cold('-') };
      gives(cold('-c|', { c: caller }).pipe(dialable(() => {}))).toBe('-c|', { c: caller });
    }),
  );

  it(
    'waits, ends and fails with the source, and with what hears the warnings',
    drawn(({ cold, gives, expectSubscriptions }) => {
      const reset = new PeerError('reset', '');
      const source = cold<PeerAddress>('-');
      gives(source.pipe(dialable(() => {})), '^---!').toBe('-');
      expectSubscriptions(source.subscriptions).toBe('^---!');
      gives(cold<PeerAddress>('-#', {}, reset).pipe(dialable(() => {}))).toBe('-#', undefined, reset);
      const broken = dialable(() => {
        throw reset;
      });
      gives(cold('-x', { x: at('', 1) }).pipe(broken)).toBe('-#', undefined, reset);
    }),
  );
});
