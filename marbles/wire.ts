import { type Observable, Subject } from 'rxjs';
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
  /** The reserved bits of the peer's handshake. */
  readonly fast?: boolean;
  readonly extended?: boolean;
  /** The info-hash, 20 bytes; by default that of the drawn torrent. */
  readonly infoHash?: Uint8Array;
  /** The peer's id, 20 bytes. */
  readonly peerId?: Uint8Array;
}

/** A wire on a lane. */
export interface DrawnWire extends Wire {
  /** What the wire has carried to us so far, one mark for each letter. */
  readonly said: readonly Mark[];
  /** What we wrote, one mark for each handshake or message. */
  readonly sent: readonly Mark[];
  readonly subscriptions: readonly Subscribed[];
}

/** A word or bytes that a wire carries. */
const drawnBytes = (
  stage: Backdrop,
  host: string,
  lane: string,
  values: Readonly<Record<string, Uint8Array | Message>>,
  handshake: Uint8Array,
): { readonly bytes$: Observable<Uint8Array>; readonly said: readonly Mark[] } => {
  const bytes$ = new Subject<Uint8Array>();
  const said: Mark[] = [];
  const mark = (kind: Mark['kind'], value?: unknown): void => void said.push({ frame: stage.now(), kind, value });
  stage.play(parseLane(lane), {
    value: (letter) => {
      mark('value', letter);
      const value = values[letter] ?? (letter === 'h' ? handshake : wordOf(letter, stage.geometry));
      // As a socket delivers it: a `Buffer`, whose own `slice` does not copy.
      const chunk = Buffer.from(value instanceof Uint8Array ? value : encodeMessages([value]));
      bytes$.next(chunk);
      chunk.fill(0xdd);
    },
    end: () => {
      mark('end');
      bytes$.complete();
    },
    error: () => {
      mark('error');
      bytes$.error(new NetworkError('reset', host, 'connection reset, as drawn'));
    },
  });
  return { bytes$, said };
};

/**
 * A wire that delivers one chunk for each letter: `h` for the handshake, messages by their letters, or bytes given as
 * values.
 */
export const drawWire = (
  stage: Backdrop,
  host: string,
  lane: string,
  values: Readonly<Record<string, Uint8Array | Message>> = {},
  {
    address = { host, port: 6881, source: 'tracker' },
    fast = false,
    extended = false,
    infoHash = stage.torrent.infoHash,
    peerId = new TextEncoder().encode(`-DR0000-${host.padStart(12, '0')}`),
  }: WireOptions = {},
): DrawnWire => {
  const sent: Mark[] = [];
  const subscriptions: { subscribedFrame: number; unsubscribedFrame: number }[] = [];
  const hearing = new Hearing((value) => sent.push({ frame: stage.now(), kind: 'value', value }));
  const handshake = encodeHandshake({ infoHash, peerId, fast, extended });
  const { bytes$, said } = drawnBytes(stage, host, lane, values, handshake);
  return {
    address,
    bytes$: logged(bytes$, subscriptions, stage.now),
    drained$: new Subject<void>(),
    said,
    sent,
    subscriptions,
    write: (bytes) => {
      hearing.push(bytes);
      return true;
    },
  };
};
