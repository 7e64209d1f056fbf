import { map, type Observable } from 'rxjs';
import { now } from '../../contracts/clock.ts';
import type { Env } from '../../contracts/env.ts';
import { NetworkError } from '../../contracts/errors.ts';
import type { ListenOptions, PeerAddress, Wire } from '../../contracts/network.ts';
import { addressText } from '../../protocol/encoding/address.ts';
import { PLAINTEXT, RC4 } from '../../protocol/mse/mseKeys.ts';
import { MseResponder } from '../../protocol/mse/mseResponder.ts';
import { HostLimiter } from '../../torrent/rates/hostLimiter.ts';
import { encryptedWires } from './encryptedWires.ts';
import type { EncryptionOptions } from './encryption.ts';
import { withHead } from './firstBytes.ts';

/**
 * Encrypted handshakes of callers per second, and how many may accumulate during a pause: each takes about half a
 * millisecond of computing, which costs the caller nothing.
 */
export const HANDSHAKE_RATE = 50;
export const HANDSHAKE_BURST = 100;
/** The same for one public host, and for one on this machine or in a local network. */
export const HANDSHAKE_RATE_PER_HOST = 5;
export const HANDSHAKE_BURST_PER_HOST = 20;
export const HANDSHAKE_RATE_NEARBY = 25;
export const HANDSHAKE_BURST_NEARBY = 80;
/** Maximum number of hosts remembered. */
export const MAX_HOSTS = 1_000;

/** Limits how often callers make us compute a secret. */
export const handshakeLimiter = (): HostLimiter =>
  new HostLimiter({
    host: { rate: HANDSHAKE_RATE_PER_HOST, burst: HANDSHAKE_BURST_PER_HOST },
    nearby: { rate: HANDSHAKE_RATE_NEARBY, burst: HANDSHAKE_BURST_NEARBY },
    all: { rate: HANDSHAKE_RATE, burst: HANDSHAKE_BURST },
    remembered: MAX_HOSTS,
  });

/**
 * Listens for peers as {@link Encryption} says. Encrypted callers are told from plain ones by their first bytes, and
 * the torrent that they want is found by `torrentOf`. The wire of a caller is emitted when it has shown that it speaks
 * plainly, or has made its offer. A caller that does not do as it should is hung up on: its `wire$` errors as
 * {@link encryptedWires} does, and with `no-room` if there are more encrypted callers than are answered.
 */
export const encryptedListen = (
  listen: Env['listen'],
  { encryption, randomBytes, note }: EncryptionOptions,
): Env['listen'] => {
  const limiter = handshakeLimiter();
  const mustEncrypt = encryption === 'require';
  const answered = (
    wires: Observable<Wire>,
    address: PeerAddress,
    infoHashOf: NonNullable<ListenOptions['torrentOf']>,
  ): Observable<Wire> => {
    const refuse = (code: 'reset' | 'no-room', why: string): never => {
      throw new NetworkError(code, addressText(address), why);
    };
    return encryptedWires(wires, {
      address,
      note,
      machine: new MseResponder({ infoHashOf, allow: mustEncrypt ? RC4 : PLAINTEXT | RC4, randomBytes }),
      plain: (wire, head) => (mustEncrypt ? refuse('reset', 'does not encrypt') : withHead(wire, head)),
      encrypted: () => {
        if (!limiter.admits(address.host, now())) refuse('no-room', 'is one of too many that want to encrypt');
      },
    });
  };
  return (options) =>
    listen(options).pipe(
      map(({ port, calls$ }) => ({ port, calls$: calls$.pipe(map((call) => decorated(call, options, answered))) })),
    );
};

const decorated = (
  call: PeerAddress,
  { torrentOf = () => undefined }: ListenOptions,
  answered: (
    wires: Observable<Wire>,
    address: PeerAddress,
    infoHashOf: NonNullable<ListenOptions['torrentOf']>,
  ) => Observable<Wire>,
): PeerAddress => (call.wire$ === undefined ? call : { ...call, wire$: answered(call.wire$, call, torrentOf) });
