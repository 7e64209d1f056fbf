import { mergeMap, type Observable, of } from 'rxjs';
import type { Datagram } from '../contracts/network.ts';
import type { Call } from '../recording/tappedEnv.ts';
import { type Fault, fault, type FaultOptions } from './fault.ts';

/**
 * Datagrams come twice: the fraction `rate` of them, 0 to 1, in both directions.
 *
 * ```
 *   datagrams         -a-b----c-|
 *   duplicated(0.3)   -a-(bb)-c-|
 * ```
 */
export const duplicated = (rate: number, options: FaultOptions = {}): Fault =>
  fault({ ...options, parts: ['udp'] }, [], (it) => {
    const twice = (host: string): boolean => {
      if (!it.concernsHost(host) || it.random() >= rate) return false;
      it.told();
      return true;
    };
    const doubled = (datagram: Datagram): Observable<Datagram> => {
      if (!twice(datagram.from.host)) return of(datagram);
      const copy = { ...datagram, bytes: new Uint8Array(datagram.bytes) };
      return of(datagram, copy);
    };
    return {
      watch: <T>(call: Call, source: Observable<T>) =>
        call.what === 'datagrams'
          ? ((source as Observable<unknown> as Observable<Datagram>).pipe(
              mergeMap(doubled),
            ) as Observable<unknown> as Observable<T>)
          : source,
      send: (_, __, to, act) => {
        act();
        if (twice(to.host)) act();
      },
    };
  });
