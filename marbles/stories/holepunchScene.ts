import { concat, ignoreElements, merge, NEVER, of, Subject } from 'rxjs';
import { extensionHandshake } from '../../operators/extensionHandshake.ts';
import { holepunch, introductions as introductionsOf } from '../../operators/holepunch.ts';
import type { PeerAddress } from '../../src/contracts/network.ts';
import type { Peer } from '../../src/contracts/peer.ts';
import { encodeExtensionHandshake } from '../../src/protocol/peer/extensions.ts';
import type { Message } from '../../src/protocol/peer/messages.ts';
import { encodeHolepunch, HOLEPUNCH_ERRORS } from '../../src/protocol/peer/utHolepunch.ts';

/** A message of hole punching: theirs to us has the id 1, ours to them 7. */
export const punching = (type: 'rendezvous' | 'connect', host: string, port: number, id = 1): Message => ({
  type: 'extended',
  id,
  payload: encodeHolepunch({ type, host, port }),
});

/** A `rendezvous` of which nothing comes. */
export const refusing = (why: keyof typeof HOLEPUNCH_ERRORS, host: string, port: number, id = 7): Message => ({
  type: 'extended',
  id,
  payload: encodeHolepunch({ type: 'error', host, port, error: HOLEPUNCH_ERRORS[why] }),
});

/** Theirs has the id 7; they see us at 10.9.9.9. */
export const understands = (port?: number): Message => ({
  type: 'extended',
  id: 0,
  payload: encodeExtensionHandshake({
    ids: new Map([['ut_holepunch', 7]]),
    yourIp: '10.9.9.9',
    ...(port !== undefined && { port }),
  }),
});

/** Our extension handshake with a peer at that address. */
export const hello = (host: string): Message => ({
  type: 'extended',
  id: 0,
  payload: encodeExtensionHandshake({
    ids: new Map([['ut_holepunch', 1]]),
    version: 'rxtorrent 0.1.0',
    reqq: 500,
    yourIp: host,
    port: 6881,
  }),
});

export const understandsNothing: Message = {
  type: 'extended',
  id: 0,
  payload: encodeExtensionHandshake({ ids: new Map(), port: 7000 }),
};

/** We are connected with all of these, and hear each of them; emits whom we are told to call. */
export const amid = (peers: readonly Peer[], introductions = introductionsOf()) => {
  const found$ = new Subject<PeerAddress>();
  const talk = holepunch(found$, { connected: () => peers, introductions });
  const talks = peers.map((peer) =>
    concat(of(peer), NEVER).pipe(extensionHandshake({ names: ['ut_holepunch'], port: 6881 }), talk, ignoreElements()),
  );
  return merge(found$, ...talks);
};
