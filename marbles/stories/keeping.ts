import { delay, filter, Observable, share, timer } from 'rxjs';
import type { BlockRange, Message } from '../../src/protocol/peer/messages.ts';
import { blockBytes, honest, type Manners, type Player, type Said, type Word } from '../index.ts';

export type Request = BlockRange<'request'>;

/** What a seed that deals with requests in its own way has at hand. */
export interface Desk {
  readonly say: (...said: readonly Message[]) => void;
  /** In so many milliseconds, unless it is left before. */
  readonly after: (ms: number, act: () => void) => void;
  readonly block: (request: Request) => Message;
}

const isRequest = (word: Word): word is Request => word.type === 'request';

/** A seed that says `deal` of each request, and is honest in everything else. */
export const dealing =
  (deal: (desk: Desk) => (request: Request) => void, manners: Manners = {}): Player =>
  (heard$, cast) =>
    new Observable<Said>((subscriber) => {
      const request = deal({
        say: (...said) => said.forEach((one) => subscriber.next(one)),
        after: (ms, act) => void subscriber.add(timer(ms).subscribe(act)),
        block: ({ piece, begin, length }) => ({
          type: 'piece',
          piece,
          begin,
          bytes: blockBytes(cast.geometry, piece, begin, length),
        }),
      });
      const shared$ = heard$.pipe(share());
      subscriber.add(
        shared$
          .pipe(filter(isRequest), delay(manners.latency ?? 5))
          .subscribe({ next: request, error: (cause: unknown) => subscriber.error(cause) }),
      );
      subscriber.add(honest(manners)(shared$.pipe(filter((word) => !isRequest(word))), cast).subscribe(subscriber));
    });

/**
 * Keeps so many requests, drops what comes beyond without a word, and gives a block every `pace` ms; how many it has
 * dropped is counted.
 */
export const keeps = (
  depth: number,
  pace: number,
  manners: Manners = {},
  dropped: { count: number } = { count: 0 },
): Player =>
  dealing(({ say, after, block }) => {
    const queue: Request[] = [];
    const next = (): void => {
      const request = queue.shift();
      if (request === undefined) return;
      say(block(request));
      if (queue.length > 0) after(pace, next);
    };
    return (request) => {
      if (queue.length >= depth) dropped.count++;
      else if (queue.push(request) === 1) after(pace, next);
    };
  }, manners);

/**
 * Chokes for `ms` after every `every` blocks, and passes over what is asked meanwhile; with the choke go the next
 * `late` blocks that it was asked for.
 */
export const chokesEvery = (every: number, ms: number, late: number, manners: Manners = {}): Player =>
  dealing(({ say, after, block }) => {
    const buffer: Request[] = [];
    let given = 0;
    let choking = false;
    const choke = (): void => {
      choking = true;
      say({ type: 'choke' }, ...buffer.splice(0).map(block));
      after(ms, () => {
        choking = false;
        given = 0;
        say({ type: 'unchoke' });
      });
    };
    return (request) => {
      if (choking) return;
      if (given++ < every) return say(block(request));
      buffer.push(request);
      if (buffer.length > late) buffer.length = late;
      if (given === every + 1) after(1, choke);
    };
  }, manners);

/** Chokes and unchokes so many times, `ms` each, before it gives anything. */
export const flaps = (times: number, ms: number, manners: Manners = {}): Player =>
  dealing(({ say, after, block }) => {
    let flapping: boolean | undefined;
    return (request) => {
      if (flapping === false) return say(block(request));
      if (flapping === true) return;
      flapping = true;
      for (let nth = 0; nth < times; nth++) {
        after((2 * nth + 1) * ms, () => say({ type: 'choke' }));
        after((2 * nth + 2) * ms, () => say({ type: 'unchoke' }));
      }
      after(2 * times * ms - 1, () => void (flapping = false));
    };
  }, manners);
