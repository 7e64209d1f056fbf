import { concat, merge, NEVER, of, Subject } from 'rxjs';
import { type Connected, exchangePeers } from '../../operators/exchangePeers.ts';
import { extensionHandshake } from '../../operators/extensionHandshake.ts';
import type { PeerAddress } from '../../src/contracts/network.ts';
import type { Peer } from '../../src/contracts/peer.ts';
import { encodeExtensionHandshake } from '../../src/protocol/peer/extensions.ts';
import type { Message } from '../../src/protocol/peer/messages.ts';
import { encodePex, PEX_FLAGS, type PexMessage, type PexPeer } from '../../src/protocol/peer/utPex.ts';

export const { reachable, seed, utp } = PEX_FLAGS;

/** A peer that another peer tells of. */
export const at = (host: string, flags: number = reachable, port = 7000): PexPeer => ({ host, port, flags });

export const [one, two, six] = [at('10.1.0.1'), at('10.1.0.2'), at('2001:db8::6')];

/** Theirs has the id 7, ours 1. */
export const speaks: Message = {
  type: 'extended',
  id: 0,
  payload: encodeExtensionHandshake({ ids: new Map([['ut_pex', 7]]), yourIp: '10.9.9.9' }),
};

/** A message of peer exchange: theirs to us has the id 1. */
export const pex = ({ added = [], dropped = [] }: Partial<PexMessage>, id = 1): Message => ({
  type: 'extended',
  id,
  payload: encodePex({ added, dropped }),
});

/** What is found, with the conversation that finds it. */
export const talk = (peer: Peer, connected: () => Iterable<Connected> = () => [], peer$ = concat(of(peer), NEVER)) => {
  const found$ = new Subject<PeerAddress>();
  const talking$ = peer$.pipe(
    extensionHandshake({ names: ['ut_pex'], port: 6881 }),
    exchangePeers(found$, { connected }),
  );
  return merge(found$, talking$);
};
