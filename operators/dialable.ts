import { defer, filter, type MonoTypeOperatorFunction } from 'rxjs';
import type { Warning } from '../src/contracts/events.ts';
import type { PeerAddress } from '../src/contracts/network.ts';
import { addressFault } from '../src/protocol/encoding/address.ts';
import { visible } from '../src/protocol/encoding/visible.ts';

/** Addresses that are warned of; further warnings about one source would say nothing new. */
const MAX_WARNINGS = 10;

/**
 * Lets addresses through that can be dialled; each of the first ten others costs a warning, and nothing else.
 *
 * ```
 * source  a-x-b-    x: port 70000
 * gives   a---b-
 * report  --w---
 * ```
 *
 * A port is from 1 to 65535, a host is an IP address or a name. A peer that has called us (`wire$`) is not dialled, and
 * passes. Stands before `distinctPeers`.
 *
 * @example
 * addresses$.pipe(dialable(({ message }) => console.error(message))); // 203.0.113.7:70000: a port is from 1 to 65535
 */
export const dialable =
  (report: (warning: Warning) => void): MonoTypeOperatorFunction<PeerAddress> =>
  (addresses) =>
    defer(() => {
      let warnings = 0;
      return addresses.pipe(
        filter((address) => {
          const fault = address.wire$ === undefined ? addressFault(address) : undefined;
          if (fault !== undefined && warnings++ < MAX_WARNINGS)
            report({ type: 'warning', code: 'bad-address', message: visible(fault) });
          return fault === undefined;
        }),
      );
    });
