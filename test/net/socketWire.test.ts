import { Socket } from 'node:net';
import { firstValueFrom, Observable } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { PeerAddress, Wire } from '../../src/contracts/network.ts';
import { asPeerError } from '../../src/contracts/blame.ts';
import { verdict } from '../../src/contracts/errors.ts';
import { socketWire } from '../../src/net/socketWire.ts';

const address: PeerAddress = { host: '10.0.0.1', port: 6881, source: 'dht' };

/** What is heard of a dial that fails with this error of the system. */
const failing = (code: string): Promise<unknown> =>
  firstValueFrom(
    new Observable<Wire>((subscriber) => {
      socketWire(address, subscriber, () => new Socket().destroy(Object.assign(new Error(code), { code })));
    }),
  ).catch((error: unknown) => error);

describe('a dial that fails', () => {
  it.each(['EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM'])(
    'for want of something that this machine lacks is no fault of the peer: %s',
    async (code) => {
      const error = await failing(code);
      expect(error).toMatchObject({ name: 'NetworkError', code: 'no-room' });
      expect(verdict(error)).toBe('retry');
      expect(asPeerError(error)).toMatchObject({ name: 'PeerError', code: 'no-room' });
    },
  );

  it.each([
    ['ECONNREFUSED', 'refused'],
    ['ECONNRESET', 'reset'],
    ['ETIMEDOUT', 'timeout'],
    ['EHOSTUNREACH', 'unreachable'],
  ])('otherwise is one of the peer or of the way to it: %s', async (code, expected) => {
    expect(await failing(code)).toMatchObject({ code: expected });
  });
});
