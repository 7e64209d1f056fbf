import { LETTERS } from '../protocol/peer/messageNames.ts';
import type { FrameState, OpenStream } from './openStreams.ts';
import type { Deed, Occurrence, Opened, Recording } from './parse.ts';
import { Listener, type Word, wordText } from './words.ts';

/** One thing on a lane. */
export interface LaneMark {
  /** Milliseconds since the recording began. */
  readonly time: number;
  /** As in the alphabet of marbles/README.md. */
  readonly letter: string;
  /** The same in words. */
  readonly text: string;
}

/** One connection, or an attempt at one. */
export interface PeerLanes {
  readonly address: string;
  /** What the peer sends; `|` when it hangs up, `#` when the connection breaks. */
  readonly say: LaneMark[];
  /** What we send; `^` when we dial or answer, `!` when we hang up. */
  readonly ask: LaneMark[];
}

export interface Lanes {
  /** In the order in which they came to be. */
  readonly peers: readonly PeerLanes[];
  /** The events of the download. */
  readonly give: readonly LaneMark[];
  /** Milliseconds. */
  readonly length: number;
}

const letters: Readonly<Record<Word['type'], string>> = { ...LETTERS, handshake: 'h', garbage: '#' };

const EVENTS: Readonly<Record<string, string>> = {
  stored: 's',
  corrupt: 'c',
  'peer-joined': 'j',
  'peer-left': 'l',
  warning: 'w',
  rechecked: 'r',
  done: 'd',
  '|': '|',
  '#': '#',
};

interface Connection extends PeerLanes {
  say$: Listener;
  readonly ask$: Listener;
}

class Drawer {
  readonly peers: Connection[] = [];
  readonly give: LaneMark[] = [];
  readonly #masked: boolean;
  readonly #from: number;
  readonly #to: number;
  readonly #wires = new Map<number, Connection>();
  /** What is heard on a wire is a stream of its own. */
  readonly #bytes = new Map<number, Connection>();
  time = 0;

  constructor(masked: boolean, { from = 0, to = Infinity }: Span) {
    this.#masked = masked;
    this.#from = from;
    this.#to = to;
  }

  happens(what: Occurrence): void {
    const heard = this.#bytes.get(what.id);
    if (heard !== undefined && what.kind === 'next' && what.channel === 'bytes') {
      const { kept, length } = what.value as { readonly kept: Uint8Array; readonly length: number };
      heard.say$.push(kept, length);
    }
    if (what.kind === 'next') return;
    this.#bytes.delete(what.id);
    const wire = this.#wires.get(what.id);
    if (wire === undefined) return;
    if (what.kind === 'error') this.#mark(wire.say, '#', what.error.message);
    else this.#mark(wire.say, '|', 'they hang up');
    this.#wires.delete(what.id);
  }

  does(deed: Deed): void {
    switch (deed.kind) {
      case 'open':
        return this.#opens(deed);
      case 'close': {
        const wire = this.#wires.get(deed.id);
        if (wire !== undefined) this.#mark(wire.ask, '!', 'we hang up');
        this.#wires.delete(deed.id);
        this.#bytes.delete(deed.id);
        return;
      }
      case 'sent':
        return this.#wires.get(deed.id)?.ask$.push(deed.kept, deed.length);
      case 'given': {
        this.#chokes(deed.what);
        const letter = EVENTS[deed.what.split(' ', 1)[0] ?? ''];
        if (letter !== undefined) this.#mark(this.give, letter, deed.what);
        return;
      }
      case 'atOnce':
        return this.happens(deed.what);
      default:
    }
  }

  /** What was open when the first part that is there began. */
  joins(open: readonly OpenStream[]): void {
    for (const { id, channel, subject, frames } of open)
      if (channel === 'connect' || channel === 'wire') this.#connects(id, subject, frames);
    for (const { id, channel, of, frames } of open) {
      const wire = channel === 'bytes' ? this.#wires.get(of) : undefined;
      if (wire === undefined) continue;
      wire.say$ = this.#listener(wire.say, frames);
      this.#bytes.set(id, wire);
    }
  }

  #opens({ id, channel, of, subject }: Opened): void {
    if (channel === 'bytes') {
      const wire = this.#wires.get(of);
      if (wire !== undefined) this.#bytes.set(id, wire);
      return;
    }
    if (channel !== 'connect' && channel !== 'wire') return;
    const { ask } = this.#connects(id, subject);
    this.#mark(ask, '^', channel === 'connect' ? `dial ${subject}` : 'they call');
  }

  #connects(id: number, subject: string, asked?: FrameState): Connection {
    const [say, ask]: [LaneMark[], LaneMark[]] = [[], []];
    const address = subject.split(' ', 1)[0] ?? '';
    const peer = { address, say, ask, say$: this.#listener(say), ask$: this.#listener(ask, asked) };
    this.peers.push(peer);
    this.#wires.set(id, peer);
    return peer;
  }

  #listener(lane: LaneMark[], state?: FrameState): Listener {
    return new Listener((word) => this.#mark(lane, letters[word.type], wordText(word)), this.#masked, state);
  }

  /** Of a choke or an unchoke that was sent in this turn, why. */
  #chokes(told: string): void {
    const [, un, reason] = /^(un)?choke (.*)$/.exec(told) ?? [];
    if (reason === undefined) return;
    const letter = un === undefined ? 'C' : 'U';
    for (const { ask } of this.#wires.values()) {
      const at = ask.findLastIndex((mark) => mark.letter === letter && mark.time === this.time);
      const mark = ask[at];
      if (mark === undefined || mark.text.includes(':')) continue;
      ask[at] = { ...mark, text: `${mark.text}: ${reason}` };
      return;
    }
  }

  #mark(lane: LaneMark[], letter: string, text: string): void {
    if (this.time < this.#from || this.time > this.#to) return;
    lane.push({ time: this.time, letter, text });
  }
}

/** A part of the time, in milliseconds; both ends included. */
export interface Span {
  readonly from?: number | undefined;
  readonly to?: number | undefined;
}

/** All messages in both directions, as lanes; or only those of a part of the time. @throws Malformed */
export const lanesOf = (recording: Recording, span: Span = {}): Lanes => {
  const drawer = new Drawer(recording.header.masked, span);
  for (const { time, cause, deeds } of recording.turns()) {
    drawer.time = time;
    if (cause.kind === 'checkpoint') drawer.joins(cause.open);
    if (cause.kind === 'next' || cause.kind === 'error' || cause.kind === 'complete') drawer.happens(cause);
    for (const deed of deeds) drawer.does(deed);
  }
  const peers = drawer.peers.map(({ address, say, ask }) => ({ address, say, ask }));
  return { peers, give: drawer.give, length: drawer.time };
};
