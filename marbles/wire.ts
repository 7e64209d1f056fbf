import { Subject } from 'rxjs';
import type { PeerAddress, Wire } from '../src/contracts/network.ts';
import { NetworkError } from '../src/contracts/errors.ts';
import { encodeHandshake } from '../src/protocol/peer/handshake.ts';
import { encodeMessages, type Message } from '../src/protocol/peer/messages.ts';
import type { Subscribed } from './expectation.ts';
import { parseLane, type Mark } from './lane.ts';
import { logged } from './peer.ts';
import { Hearing } from './speech.ts';
import type { Backdrop } from './backdrop.ts';
import { wordOf } from './words.ts';

export interface WireOptions {
  readonly address?: PeerAddress;
  /** Bits of their handshake. */
  readonly fast?: boolean;
  readonly extended?: boolean;
  /** 20 bytes; unless told otherwise that of the drawn torrent. */
  readonly infoHash?: Uint8Array;
  /** 20 bytes. */
  readonly peerId?: Uint8Array;
}

/** A wire on a lane. */
export interface DrawnWire extends Wire {
  /** What we wrote, one mark a word. */
  readonly sent: readonly Mark[];
  readonly subscriptions: readonly Subscribed[];
}

/**
 * A wire that carries, one chunk a letter, `h` for the handshake, messages by their letters, or bytes given as values.
 */
export const drawWire = (
  stage: Backdrop,
  host: string,
  lane: string,
  values: Readonly<Record<string, Uint8Array | Message>> = {},
  { address, fast = false, extended = false, infoHash, peerId }: WireOptions = {},
): DrawnWire => {
  const bytes$ = new Subject<Uint8Array>();
  const sent: Mark[] = [];
  const subscriptions: { subscribedFrame: number; unsubscribedFrame: number }[] = [];
  const hearing = new Hearing((value) => sent.push({ frame: stage.now(), kind: 'value', value }));
  const theirs = peerId ?? new TextEncoder().encode(`-DR0000-${host.padStart(12, '0')}`);

  const bytesOf = (letter: string): Uint8Array => {
    const value = values[letter];
    if (value instanceof Uint8Array) return value;
    if (value === undefined && letter === 'h')
      return encodeHandshake({ infoHash: infoHash ?? stage.torrent.infoHash, peerId: theirs, fast, extended });
    return encodeMessages([value ?? wordOf(letter, stage.geometry)]);
  };
  stage.play(parseLane(lane), {
    value: (letter) => {
      // As a socket has it: a `Buffer`, whose own `slice` does not copy.
      const chunk = Buffer.from(bytesOf(letter));
      bytes$.next(chunk);
      chunk.fill(0xdd);
    },
    end: () => bytes$.complete(),
    error: () => bytes$.error(new NetworkError('reset', host, 'connection reset, as drawn')),
  });

  return {
    address: address ?? { host, port: 6881, source: 'tracker' },
    bytes$: logged(bytes$, subscriptions, stage.now),
    drained$: new Subject<void>(),
    sent,
    subscriptions,
    write: (bytes) => {
      hearing.push(bytes);
      return true;
    },
  };
};
