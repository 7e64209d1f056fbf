/**
 * An extension of one's own (BEP 10): says a word to each peer that speaks it, and hands theirs on.
 *
 * A side conversation is all that it takes, and a name in the extension handshake.
 */
import {
  concat,
  defer,
  ignoreElements,
  map,
  NEVER,
  type Observer,
  of,
  type OperatorFunction,
  Subject,
  tap,
} from 'rxjs';
import { describe, it } from 'vitest';
import { converse, extension, extensionHandshake } from '../../operators/index.ts';
import type { Peer } from '../../src/index.ts';
import { drawn } from '../index.ts';

/** An extension of one's own: says a word to everyone who speaks it, and hands theirs on. */
const exchangeWords = (word: string, heard: Pick<Observer<string>, 'next'>): OperatorFunction<Peer, never> =>
  extension('xx_words', ({ peer, payloads$, send }) =>
    concat(
      defer(() => of(send(new TextEncoder().encode(word)))),
      payloads$.pipe(tap((payload) => heard.next(`${peer.address.host} says ${new TextDecoder().decode(payload)}`))),
    ),
  );

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('an extension of one’s own', () => {
  it(
    'is a side conversation, and a name in extensionHandshake',
    drawn(({ peer, gives, sends, words }) => {
      const heard$ = new Subject<string>();
      const they = peer(' -E--w--U-', {
        E: words.introduction({ xx_words: 3 }),
        w: words.extended(1, bytes('good day')),
      });
      const other = peer('---------', {});
      const talk = (one: Peer) =>
        concat(of(one), NEVER).pipe(
          extensionHandshake({ names: ['xx_words'] }),
          converse(
            map(({ address }) => address.host),
            exchangeWords('hello', heard$),
          ),
        );
      gives(heard$).toBe('----w', { w: '10.0.0.1 says good day' });
      gives(talk(they).pipe(ignoreElements()), '^---------!').toBe('-');
      gives(talk(other), '^---------!').toBe('a', { a: '10.0.0.2' });
      sends(they).toBe('gw', {
        g: words.introduction({ xx_words: 1 }, { version: 'rxtorrent 0.1.0', reqq: 500, yourIp: '10.0.0.1' }),
        w: words.extended(3, bytes('hello')),
      });
      sends(other).toBe('-');
    }),
  );
});
