import { Observable, Subject } from 'rxjs';
import type { PeerAddress } from '../src/contracts/network.ts';
import type { Peer } from '../src/contracts/peer.ts';
import { PeerError } from '../src/contracts/errors.ts';
import type { Message } from '../src/protocol/peer/messages.ts';
import type { Geometry } from '../src/torrent/geometry.ts';
import { PeerState } from '../src/torrent/peers/peerState.ts';
import type { Subscribed } from './expectation.ts';
import { parseLane, type Mark } from './lane.ts';
import { kept, lent, spoil } from './speech.ts';
import type { Backdrop } from './backdrop.ts';
import { wordOf } from './words.ts';

export interface PeerOptions {
  /** Pieces that the peer has from the start. By default all, or none if the lane has a `B` or an `H`. */
  readonly has?: 'all' | readonly number[];
  /** BEP 6 is agreed on. By default if the lane has an `A`, `J` or `S`. */
  readonly fast?: boolean;
  readonly extended?: boolean;
  /** The peer has a DHT node. */
  readonly dht?: boolean;
  /** It knows the torrent by its info-hash of version 2. */
  readonly v2?: boolean;
  readonly address?: PeerAddress;
  /** The send buffer: `f` when it fills up (`send` returns false), `d` when it has drained. */
  readonly buffer?: string;
}

/** A peer on a lane. */
export interface DrawnPeer extends Peer {
  readonly state: PeerState;
  /** What the peer has said so far, one mark for each message. */
  readonly said: readonly Mark[];
  /** What we sent, one mark for each message. */
  readonly sent: readonly Mark[];
  /** The subscriptions to `messages$` and `talk$`. */
  readonly subscriptions: readonly Subscribed[];
}

const initially = (geometry: Geometry, lane: string, options: PeerOptions): PeerState => {
  const { has, fast, extended, dht = false, v2 = false } = options;
  const state = new PeerState(geometry.pieceCount, {
    fast: fast ?? /[AJS]/.test(lane),
    extended: extended ?? lane.includes('E'),
    dht,
    v2,
  });
  const pieces = has ?? (/[BH]/.test(lane) ? [] : 'all');
  if (pieces === 'all') state.have.setAll();
  else for (const piece of pieces) state.have.set(piece);
  return state;
};

/** Logs the subscriptions to `source$`, with the time by `now`. */
export const logged = <T>(
  source$: Observable<T>,
  logs: { subscribedFrame: number; unsubscribedFrame: number }[],
  now: () => number,
): Observable<T> =>
  new Observable((subscriber) => {
    const log = { subscribedFrame: now(), unsubscribedFrame: Infinity };
    logs.push(log);
    subscriber.add(() => (log.unsubscribedFrame = now()));
    subscriber.add(source$.subscribe(subscriber));
  });

/** Sends what is drawn of a peer to all subscribers, after its state has changed. */
const speech = (
  stage: Backdrop,
  lane: string,
  values: Readonly<Record<string, Message>>,
  state: PeerState,
): Pick<DrawnPeer, 'messages$' | 'talk$' | 'said'> => {
  const said: Mark[] = [];
  const messages$ = new Subject<Message>();
  const talk$ = new Subject<Message>();
  const fail = (error: PeerError): void => {
    talk$.error(error);
    messages$.error(error);
  };
  const say = (letter: string): void => {
    const message = lent(values[letter] ?? wordOf(letter, stage.geometry));
    said.push({ frame: stage.now(), kind: 'value', value: kept(message) });
    try {
      state.received(message);
    } catch (cause) {
      return fail(new PeerError('malformed', (cause as Error).message, { cause }));
    }
    if (message.type !== 'piece') talk$.next(message);
    messages$.next(message);
    spoil(message);
  };
  stage.play(parseLane(lane), {
    value: say,
    end: () => {
      said.push({ frame: stage.now(), kind: 'end' });
      talk$.complete();
      messages$.complete();
    },
    error: () => {
      said.push({ frame: stage.now(), kind: 'error' });
      fail(new PeerError('reset', 'connection reset, as drawn'));
    },
  });
  return { messages$, talk$, said };
};

/** The send buffer towards a peer, as drawn. */
const buffer = (
  stage: Backdrop,
  lane: string,
): { readonly full: () => boolean; readonly drained$: Observable<void> } => {
  const drained$ = new Subject<void>();
  let full = false;
  stage.play(parseLane(lane), {
    value: (letter) => {
      full = letter === 'f';
      if (!full) drained$.next();
    },
  });
  return { full: () => full, drained$: drained$.asObservable() };
};

/** A peer that sends what is drawn; the bytes of its messages are overwritten as soon as all subscribers had them. */
export const drawPeer = (
  stage: Backdrop,
  host: string,
  lane: string,
  values: Readonly<Record<string, Message>> = {},
  options: PeerOptions = {},
): DrawnPeer => {
  const state = initially(stage.geometry, lane, options);
  const { messages$, talk$, said } = speech(stage, lane, values, state);
  const { full, drained$ } = buffer(stage, options.buffer ?? '');
  const sent: Mark[] = [];
  const subscriptions: { subscribedFrame: number; unsubscribedFrame: number }[] = [];
  return {
    address: options.address ?? { host, port: 6881, source: 'tracker' },
    id: new TextEncoder().encode(`-DR0000-${host.padStart(12, '0')}`),
    state,
    messages$: logged(messages$, subscriptions, stage.now),
    talk$: logged(talk$, subscriptions, stage.now),
    drained$,
    said,
    sent,
    subscriptions,
    send: (...messages) => {
      for (const message of messages) {
        state.sent(message);
        sent.push({ frame: stage.now(), kind: 'value', value: kept(message) });
      }
      return !full();
    },
  };
};
