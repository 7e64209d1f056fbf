import type { Env } from '../../contracts/env.ts';
import { racedRoads } from './roads.ts';
import { SharedSockets } from './sharedSockets.ts';
import { listenBoth, listenUtp } from './utpListen.ts';
import { UtpNode } from './utpNode.ts';
import type { UtpWorld } from './utpNote.ts';
import type { Transports } from './transports.ts';

type Roads = Pick<Env, 'connect' | 'listen' | 'bindUdp' | 'resolve' | 'holepunch'>;

/**
 * The same network, whose ways to peers are TCP, with which a network begins, uTP by its sockets, or both, as the
 * options say. Throws a `RangeError` if neither is left.
 */
export const withUtp = <N extends Roads>(
  network: N,
  { tcp = true, utp = true, utpNote }: Transports,
  randomBytes: Env['randomBytes'],
  // Node reads several datagrams before it comes to what is put off so.
  turn: UtpWorld['turn'] = (task) => void setImmediate(task),
): N => {
  if (!tcp && !utp) throw new RangeError('without TCP and without uTP no peer can be reached');
  if (!utp) return network;
  const sockets = new SharedSockets(network.bindUdp);
  const node = new UtpNode(sockets, { randomBytes, turn, note: utpNote });
  return {
    ...network,
    connect: racedRoads({
      ...(tcp && { tcp: network.connect }),
      utp: (address) => node.dial(address),
      resolve: network.resolve,
    }),
    listen: tcp ? listenBoth(network.listen, node) : listenUtp(node),
    bindUdp: sockets.bindUdp,
    holepunch: true,
  };
};
