import { defer, throwError } from 'rxjs';
import { NetworkError, StorageError } from '../contracts/errors.ts';
import { addressText } from '../protocol/encoding/address.ts';
import type { Call } from '../recording/tappedEnv.ts';
import { type Fault, fault, type FaultOptions, type FaultPart } from './fault.ts';

const USUALLY: readonly FaultPart[] = ['connect', 'http'];

/** What a call fails with; undefined for what does not fail. */
const failureOf = (call: Call): Error | undefined => {
  switch (call.what) {
    case 'connect':
      return new NetworkError('refused', addressText(call.address), 'connection refused');
    case 'http':
    case 'answer':
      return new NetworkError('unreachable', call.request.url, 'no route to this host');
    case 'listen':
      return new NetworkError('port-taken', `TCP port ${call.options.ports[0]}`, 'another program uses this port');
    case 'udp':
      return new NetworkError('no-room', 'UDP', 'there is no descriptor left');
    case 'storage':
    case 'read':
    case 'readApart':
    case 'write':
    case 'writev':
    case 'flush':
      return new StorageError('io', `${call.what}: input/output error`);
    default:
      return undefined;
  }
};

/**
 * What is done in the world fails at once: the fraction `rate` of it, 0 to 1. A connection is refused, a web server is
 * not reached; with other `parts` no port can be had (`listen`, `udp`), or the disk can't read and write (`storage`: an
 * `io` error, which ends a download).
 *
 * ```
 *   connect         -w---
 *   failing(0.5)    -w---   or   #
 * ```
 *
 * It concerns `connect` and `http` if `parts` is absent.
 */
export const failing = (rate: number, options: FaultOptions = {}): Fault =>
  fault(options, USUALLY, (it) => ({
    watch: (call, source) => {
      const failure = it.concerns(call) ? failureOf(call) : undefined;
      if (failure === undefined) return source;
      return defer(() => {
        if (it.random() >= rate) return source;
        it.told();
        return throwError(() => failure);
      });
    },
  }));
