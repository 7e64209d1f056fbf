import { randomBytes } from 'node:crypto';
import { map, throwError } from 'rxjs';
import type { Env } from '../../../src/contracts/env.ts';
import type { UdpSocket } from '../../../src/contracts/network.ts';
import { NetworkError } from '../../../src/contracts/errors.ts';
import { bindUdp, resolve } from '../../../src/net/udp.ts';

type LoopbackEnv = Pick<Env, 'bindUdp' | 'resolve' | 'random' | 'randomBytes'>;

const HERE = { 4: '127.0.0.1', 6: '::1' } as const;

const confined =
  (here: string) =>
  (socket: UdpSocket): UdpSocket => ({
    ...socket,
    send: (bytes, to) => {
      if (to.host === here) socket.send(bytes, to);
    },
  });

/** Real sockets of one family that talk to this machine only: whatever else they are told of, no packet goes there. */
const loopback = (family: 4 | 6): LoopbackEnv => ({
  bindUdp: (options) =>
    options.family === family
      ? bindUdp(options).pipe(map(confined(HERE[family])))
      : throwError(() => new NetworkError('no-address', 'UDP', 'not here')),
  resolve,
  random: () => randomBytes(4).readUInt32LE() / 2 ** 32,
  randomBytes: (length) => new Uint8Array(randomBytes(length)),
});

/** At 127.0.0.1 only. */
export const loopbackEnv = loopback(4);
/** At ::1 only. */
export const loopbackEnv6 = loopback(6);
