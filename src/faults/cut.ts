import { defer, mergeMap, takeUntil, throwError, timer } from 'rxjs';
import { NetworkError } from '../contracts/errors.ts';
import { addressText } from '../protocol/encoding/address.ts';
import type { Call } from '../recording/tappedEnv.ts';
import { type Fault, fault, type FaultOptions, NETWORK } from './fault.ts';

const nameOf = (call: Call): string =>
  call.what === 'connect' || call.what === 'wire' ? addressText(call.address) : 'HTTP';

/**
 * Connections break (`reset`): each after a time of its own, by chance, `after` milliseconds on an average. HTTP
 * requests that take longer than such a time break, too.
 *
 * ```
 *   bytes     -a-b-c-d-e-|
 *   cut(7)    -a-b-c-#
 * ```
 *
 * `parts` may be `connect`, `listen` (peers that call us) and `http`: all of them if it is absent.
 */
export const cut = (after: number, options: FaultOptions = {}): Fault =>
  fault(options, NETWORK, (it) => ({
    watch: (call, source) => {
      if (!['connect', 'wire', 'http', 'answer'].includes(call.what) || !it.concerns(call)) return source;
      return defer(() => {
        const broken$ = timer(Math.ceil(-Math.log(1 - it.random()) * after)).pipe(
          mergeMap(() => {
            it.told();
            return throwError(() => new NetworkError('reset', nameOf(call), 'the connection was reset'));
          }),
        );
        return source.pipe(takeUntil(broken$));
      });
    },
  }));
