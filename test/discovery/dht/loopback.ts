import { randomBytes } from 'node:crypto';
import { map, throwError } from 'rxjs';
import type { Env, UdpSocket } from '../../../src/env.ts';
import { InputError } from '../../../src/errors.ts';
import { bindUdp, resolve } from '../../../src/net/udp.ts';

const confined = (socket: UdpSocket): UdpSocket => ({
  ...socket,
  send: (bytes, to) => {
    if (to.host === '127.0.0.1') socket.send(bytes, to);
  },
});

/** Real sockets of IPv4 that talk to 127.0.0.1 only: whatever else they are told of, no packet goes there. */
export const loopbackEnv: Pick<Env, 'bindUdp' | 'resolve' | 'random' | 'randomBytes'> = {
  bindUdp: (options) => (options.family === 4 ? bindUdp(options).pipe(map(confined)) : throwError(() => new InputError('bad-option', 'not here'))),
  resolve,
  random: () => randomBytes(4).readUInt32LE() / 2 ** 32,
  randomBytes: (length) => new Uint8Array(randomBytes(length)),
};
