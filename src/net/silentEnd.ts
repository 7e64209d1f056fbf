import { isEmpty, Observable, type Subscription, take } from 'rxjs';
import type { Wire } from '../contracts/network.ts';

/** Calls `ended` if the wire closes before a byte has come. */
const untilFirstByte = (wire: Wire, ended: () => void): Subscription =>
  wire.bytes$.pipe(take(1), isEmpty()).subscribe({ next: (isSilent) => isSilent && ended(), error: ended });

export interface SilentEnds {
  /** There is a wire. */
  readonly opened?: () => void;
  /** It closed before a byte had come, and not because we hung up. What is returned is the error of the wires. */
  readonly ended: () => unknown;
}

/**
 * Emits the same wires, and tells when one closes before a byte has come, as it does where a peer wants to be spoken to
 * in another way. The bytes are watched for it: a session that hears of their end leaves at once, and hears nothing
 * more of the connection.
 */
export const silentEnd = (wires: Observable<Wire>, { opened, ended }: SilentEnds): Observable<Wire> =>
  new Observable((subscriber) => {
    const over = (): void => {
      if (subscriber.closed) return;
      const error = ended();
      if (error !== undefined) subscriber.error(error);
    };
    const next = (wire: Wire): void => {
      opened?.();
      subscriber.add(untilFirstByte(wire, over));
      subscriber.next(wire);
    };
    return wires.subscribe({
      next,
      error: (error: unknown) => subscriber.error(error),
      complete: () => subscriber.complete(),
    });
  });
