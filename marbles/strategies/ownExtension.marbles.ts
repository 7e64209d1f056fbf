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
import type { Peer } from '../../src/contracts/peer.ts';
import { encodeExtensionHandshake } from '../../src/protocol/peer/extensions.ts';
import type { Message } from '../../src/protocol/peer/messages.ts';
import { drawn } from '../index.ts';

/** An extension of one's own: says a word to everyone who speaks it, and hands theirs on. */
const exchangeWords = (word: string, heard: Pick<Observer<string>, 'next'>): OperatorFunction<Peer, never> =>
  extension('xx_words', ({ peer, payloads$, send }) =>
    concat(
      defer(() => of(send(new TextEncoder().encode(word)))),
      payloads$.pipe(tap((payload) => heard.next(`${peer.address.host} says ${new TextDecoder().decode(payload)}`))),
    ),
  );

const extended = (id: number, payload: Uint8Array): Message => ({ type: 'extended', id, payload });
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('an extension of one’s own', () => {
  it(
    'is a side conversation, and a name in extensionHandshake',
    drawn(({ peer, gives, sends }) => {
      const heard$ = new Subject<string>();
      const they = peer(' -E--w--U-', {
        E: extended(0, encodeExtensionHandshake({ ids: new Map([['xx_words', 3]]) })),
        w: extended(1, bytes('good day')),
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
        g: extended(
          0,
          encodeExtensionHandshake({
            ids: new Map([['xx_words', 1]]),
            version: 'rxtorrent 0.1.0',
            reqq: 500,
            yourIp: '10.0.0.1',
          }),
        ),
        w: extended(3, bytes('hello')),
      });
      sends(other).toBe('-');
    }),
  );
});
