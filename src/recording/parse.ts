import { Malformed } from '../protocol/encoding/malformed.ts';
import { ByteReader, CutOff } from './bytes.ts';
import { decodeHeader, type Header, KIND, readNumbers } from './format.ts';
import { type Checkpoint, getCheckpoint, type OpenStream } from './openStreams.ts';
import { type Channel, chunkLength, CODECS, errorOf, type Values, WHATS } from './values.ts';

/** Something that happened to a stream of the world. */
export type Occurrence =
  | { readonly kind: 'next'; readonly id: number; readonly channel: Channel; readonly value: Values[Channel] }
  | { readonly kind: 'error'; readonly id: number; readonly channel: Channel; readonly error: Error }
  | { readonly kind: 'complete'; readonly id: number; readonly channel: Channel };

/** We subscribed to a stream of the world. */
export interface Opened {
  readonly kind: 'open';
  readonly id: number;
  readonly channel: Channel;
  /** The stream that this one belongs to; 0 for none. */
  readonly of: number;
  readonly subject: string;
}

/** We wrote to a wire. */
export interface Sent {
  readonly kind: 'sent';
  readonly id: number;
  readonly full: boolean;
  readonly length: number;
  readonly kept: Uint8Array;
}

export interface SentDatagram {
  readonly kind: 'datagram';
  readonly id: number;
  readonly host: string;
  readonly port: number;
  readonly bytes: Uint8Array;
}

/** What was done, asked or answered within a turn, in order. */
export type Deed =
  | Opened
  | Sent
  | SentDatagram
  | { readonly kind: 'close'; readonly id: number; readonly channel: Channel }
  | { readonly kind: 'random'; readonly value: number }
  | { readonly kind: 'randomBytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'hasher'; readonly given: boolean }
  | { readonly kind: 'doubted' | 'apart'; readonly id: number; readonly numbers: readonly number[] }
  | { readonly kind: 'verified'; readonly piece: number; readonly valid: boolean }
  | { readonly kind: 'sums'; readonly piece: number; readonly sums: Uint8Array }
  /** `nth`: which of those that are recorded was told. */
  | { readonly kind: 'given'; readonly what: string; readonly nth: number }
  | { readonly kind: 'atOnce'; readonly what: Occurrence };

/** What a turn began with. */
export type Cause =
  | { readonly kind: 'start' | 'tick' }
  | { readonly kind: 'begin' | 'leave'; readonly nth: number }
  /** Instead of `start`, when what was before was dropped. */
  | { readonly kind: 'checkpoint'; readonly open: readonly OpenStream[] }
  | Occurrence;

export interface Turn {
  /** Milliseconds since the recording began. */
  readonly time: number;
  readonly cause: Cause;
  readonly deeds: Deed[];
}

const OCCURRENCES: Readonly<Record<number, Occurrence['kind']>> = {
  [KIND.next]: 'next',
  [KIND.nextAtOnce]: 'next',
  [KIND.error]: 'error',
  [KIND.errorAtOnce]: 'error',
  [KIND.complete]: 'complete',
  [KIND.completeAtOnce]: 'complete',
};

/** Reads records; knows which streams are open, since that says what their values are like. */
class Records {
  #from: ByteReader;
  readonly #open = new Map<number, Channel>();
  #opened = 0;
  /** Which of those that are recorded is told what follows. */
  #told = 0;

  constructor(from: ByteReader) {
    this.#from = from;
  }

  /** What follows is in another part. */
  goOn(from: ByteReader): void {
    this.#from = from;
    this.#told = 0;
  }

  /** The state that a part begins with; it is known already where the part before it has been read. */
  checkpoint(known: boolean): Checkpoint {
    const checkpoint = getCheckpoint(this.#from);
    if (known) return checkpoint;
    this.#opened = checkpoint.opened;
    for (const { id, channel } of checkpoint.open) this.#open.set(id, channel);
    return checkpoint;
  }

  cause(kind: number): Cause | undefined {
    switch (kind) {
      case KIND.tick:
        return { kind: 'tick' };
      case KIND.begin:
        return { kind: 'begin', nth: this.#from.number() };
      case KIND.leave:
        return { kind: 'leave', nth: this.#from.number() };
      default:
        return this.#occurrence(kind);
    }
  }

  deed(kind: number): Deed {
    const from = this.#from;
    switch (kind) {
      case KIND.open:
        return this.#opens();
      case KIND.close: {
        const id = from.number();
        return { kind: 'close', id, channel: this.#closes(id) };
      }
      case KIND.sent:
        return { kind: 'sent', id: from.number(), full: from.u8() === 1, length: chunkLength(from), kept: from.run() };
      case KIND.datagram:
        return { kind: 'datagram', id: from.number(), host: from.text(), port: from.number(), bytes: from.run() };
      case KIND.random:
        return { kind: 'random', value: from.float() };
      case KIND.randomBytes:
        return { kind: 'randomBytes', bytes: from.run() };
      case KIND.hasher:
        return { kind: 'hasher', given: from.u8() === 1 };
      case KIND.numbers:
        return { kind: from.u8() === 0 ? 'doubted' : 'apart', id: from.number(), numbers: readNumbers(from) };
      case KIND.verified:
        return { kind: 'verified', piece: from.number(), valid: from.u8() === 1 };
      case KIND.sums:
        return { kind: 'sums', piece: from.number(), sums: from.run() };
      case KIND.given:
        return { kind: 'given', what: from.text(), nth: this.#told };
      default: {
        const what = this.#occurrence(kind);
        if (what === undefined) throw new Malformed('recording', 'a record of a known kind', kind);
        return { kind: 'atOnce', what };
      }
    }
  }

  /** What a record says of those that follow; false if it is no such record. */
  says(kind: number): boolean {
    if (kind !== KIND.whose) return false;
    this.#told = this.#from.number();
    return true;
  }

  #opens(): Opened {
    const from = this.#from;
    const channel = WHATS[from.u8()];
    if (channel === undefined) throw new Malformed('recording', 'a known stream', 'another');
    const id = ++this.#opened;
    this.#open.set(id, channel);
    return { kind: 'open', id, channel, of: from.number(), subject: from.text() };
  }

  #closes(id: number): Channel {
    const channel = this.#channel(id);
    this.#open.delete(id);
    return channel;
  }

  #channel(id: number): Channel {
    const channel = this.#open.get(id);
    if (channel === undefined) throw new Malformed('recording', 'a stream that is open', id);
    return channel;
  }

  #occurrence(code: number): Occurrence | undefined {
    const kind = OCCURRENCES[code];
    if (kind === undefined) return undefined;
    const id = this.#from.number();
    if (kind === 'next') {
      const channel = this.#channel(id);
      return { kind, id, channel, value: CODECS[channel].get(this.#from) };
    }
    const channel = this.#closes(id);
    return kind === 'error' ? { kind, id, channel, error: errorOf(this.#from.text()) } : { kind, id, channel };
  }
}

const TURNS: ReadonlySet<number> = new Set([KIND.tick, KIND.begin, KIND.leave, KIND.next, KIND.error, KIND.complete]);

/** Parts of a recording, in their order; they are asked for again each time that it is read. */
export type RecordingParts = Iterable<Uint8Array>;

const START: Turn = { time: 0, cause: { kind: 'start' }, deeds: [] };

/** A recording that was read: what it says of itself, and its turns, which are decoded as they are asked for. */
export class Recording {
  readonly header: Header;
  /** The recording ended in the middle of a record: known once all turns have been read. */
  cutOff = false;
  readonly #parts: RecordingParts;

  /** Keeps `parts`: one, or several, of which only one at a time is in use. @throws Malformed */
  constructor(parts: Uint8Array | RecordingParts) {
    this.#parts = parts instanceof Uint8Array ? [parts] : parts;
    this.header = headerOf(this.#parts);
  }

  /** Is the beginning there? Else it can be drawn, but not be run again. */
  get whole(): boolean {
    return (this.header.part ?? 0) === 0;
  }

  /**
   * All turns, in order; the first one is what was done before anything happened. A recording that was cut off ends
   * with the last turn that is whole. @throws Malformed
   * @hidden
   */
  *turns(): Generator<Turn, void> {
    const reading = new Reading();
    let nth = this.header.part ?? 0;
    for (const part of this.#parts) {
      const { header, at } = decodeHeader(part);
      if ((header.part ?? 0) !== nth++) throw new Malformed('recording', `part ${nth - 1}`, header.part ?? 0);
      yield* reading.part(new ByteReader(part, at));
      if (reading.cutOff) break;
    }
    this.cutOff = reading.cutOff;
    if (reading.turn !== undefined) yield reading.turn;
  }
}

/** @throws Malformed */
const headerOf = (parts: RecordingParts): Header => {
  for (const part of parts) return decodeHeader(part).header;
  throw new Malformed('recording', 'a part', 'none');
};

/** Makes turns of records. */
class Reading {
  cutOff = false;
  /** The turn that what is read next may belong to; undefined once it is known to be the last that is whole. */
  turn: Turn | undefined = START;
  readonly #records = new Records(new ByteReader(new Uint8Array()));
  #parts = 0;

  *part(from: ByteReader): Generator<Turn, void> {
    const records = this.#records;
    records.goOn(from);
    const first = this.#parts++ === 0;
    let turn: Turn = first ? { ...START, deeds: [] } : (this.turn ?? START);
    while (!from.over) {
      const kind = from.u8();
      const begins = TURNS.has(kind);
      let next: Turn | undefined;
      try {
        if (kind === KIND.checkpoint) {
          const { time, open } = records.checkpoint(!first);
          if (first) turn = { time, cause: { kind: 'checkpoint', open }, deeds: [] };
        } else if (begins) next = turnOf(kind, turn.time, from, records);
        else if (!records.says(kind)) turn.deeds.push(records.deed(kind));
      } catch (error) {
        if (!(error instanceof CutOff)) throw error;
        this.cutOff = true;
        this.turn = begins ? turn : undefined;
        return;
      }
      if (next !== undefined) {
        yield turn;
        turn = next;
      }
    }
    this.turn = turn;
  }
}

const turnOf = (kind: number, before: number, from: ByteReader, records: Records): Turn => {
  const time = before + from.number();
  return { time, cause: records.cause(kind) as Cause, deeds: [] };
};
