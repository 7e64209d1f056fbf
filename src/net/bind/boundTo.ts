import { defer, map, mergeMap, of } from 'rxjs';
import type { Below } from '../below.ts';
import { dialled } from '../dial.ts';
import { bindGroup } from '../groups/group.ts';
import { listenTcp } from '../listen.ts';
import type { LookUp } from '../names/lookUpType.ts';
import { CONNECT_WITHIN, connectTcp } from '../tcp.ts';
import { bindUdp } from '../udp.ts';
import { boundListen } from './boundListen.ts';
import { boundUdp } from './boundUdp.ts';
import type { LocalAddresses } from './localAddresses.ts';

/** Looks names up from these addresses. */
const boundLookUp = (local: LocalAddresses): LookUp => {
  let look: LookUp | undefined;
  // A program that dials only literals never loads the resolver.
  const loaded$ = defer(() => import('../names/names.ts')).pipe(
    map(({ lookUpWith }) => (look ??= lookUpWith({ from: () => [local.of(4), local.of(6)] }))),
  );
  return (host) => defer(() => (look === undefined ? loaded$ : of(look))).pipe(mergeMap((found) => found(host)));
};

/**
 * By way of these local addresses alone: nothing leaves from others, and nothing is heard at others. While they are
 * gone, what is open is cut off and nothing can be dialled; sockets that listen are back when they are.
 */
export const boundTo = (local: LocalAddresses): Below => {
  const look = boundLookUp(local);
  const alone = boundUdp(bindUdp, local);
  return {
    look,
    connect: (address) => connectTcp(address, CONNECT_WITHIN, look, local),
    listen: boundListen(listenTcp, local),
    open: (host, port) => dialled(host, port, CONNECT_WITHIN, local),
    bindUdp: ({ multicast, ...options }) =>
      multicast === undefined ? alone(options) : bindGroup(options, multicast, local.look, true),
  };
};
