import { Observable } from 'rxjs';
import type { NodeEndpoint } from '../../protocol/encoding/compact.ts';
import type { Family, Question, Reply } from '../../protocol/dht/krpc.ts';
import type { Lookup } from './lookup.ts';

/** What a lookup asks by: a `FamilyNode`. */
export interface Asker {
  readonly family: Family;
  ask(to: NodeEndpoint, question: Question): Observable<Reply | 'slow'>;
}

const isOf = (family: Family) => (node: NodeEndpoint) => node.host.includes(':') === (family === 6);

/**
 * Runs a lookup until it is done.
 *
 * ```
 *   asked   (abcd)--e-f
 *   result  --a-b---d--e|     the replies, as they come
 * ```
 *
 * Unsubscribing stops asking. Never errors.
 */
export const runLookup = (side: Asker, lookup: Lookup, question: Question): Observable<Reply> =>
  new Observable((subscriber) => {
    const isOurs = isOf(side.family);
    let pumping = false;
    const ask = (node: NodeEndpoint): void => {
      const heard = (reply: Reply | 'slow'): void => {
        if (reply === 'slow') lookup.slow(node);
        else {
          lookup.answered(node, (reply.nodes ?? []).filter(isOurs), reply.token);
          subscriber.next(reply);
        }
        pump();
      };
      const ended = (): void => {
        lookup.failed(node);
        pump();
      };
      subscriber.add(
        side
          .ask(node, question)
          .subscribe({ next: heard, error: (error: unknown) => subscriber.error(error), complete: ended }),
      );
    };
    // A query may end synchronously: hence a loop instead of a recursion.
    const pump = (): void => {
      if (pumping || subscriber.closed) return;
      pumping = true;
      for (let nodes = lookup.next(); nodes.length > 0 && !subscriber.closed; nodes = lookup.next()) nodes.forEach(ask);
      pumping = false;
      if (lookup.done) subscriber.complete();
    };
    pump();
  });
