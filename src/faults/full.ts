import { defer, tap, throwError } from 'rxjs';
import { StorageError } from '../contracts/errors.ts';
import { type Fault, fault, type FaultOptions } from './fault.ts';

/**
 * The disk is full once `bytes` have been written: each later write errors with a `StorageError` (`full`), which a
 * download waits out.
 *
 * ```
 *   writes        -a--b--c-     1000 bytes each
 *   full(2000)    -a--b--#
 * ```
 */
export const full = (bytes: number, options: FaultOptions = {}): Fault =>
  fault({ ...options, parts: ['storage'] }, [], (it) => {
    let written = 0;
    return {
      watch: (call, source) => {
        if (call.what !== 'write' && call.what !== 'writev') return source;
        return defer(() => {
          if (written + call.length > bytes) {
            it.told();
            return throwError(() => new StorageError('full', 'write: no space left on the disk'));
          }
          written += call.length;
          return source.pipe(tap({ error: () => (written -= call.length) }));
        });
      },
    };
  });
