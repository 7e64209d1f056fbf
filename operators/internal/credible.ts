import type { Peer } from '../../src/contracts/peer.ts';
import type { Endpoint } from '../../src/protocol/encoding/compact.ts';
import { mayTellOf } from '../../src/protocol/encoding/reach.ts';

/** May this peer tell us of an address? Not of one that is nearer to us than itself, nor of ours. */
export const isCredible = ({ address, state }: Peer, { host, port }: Endpoint): boolean =>
  mayTellOf(address.host, host) && !(host === state.extensions?.yourIp && port === state.ourExtensions?.port);
