import type { Deed, Opened, Sent, SentDatagram, Turn } from './parse.ts';
import type { Channel } from './values.ts';
import { Listener, wordText } from './words.ts';

/** Where a replay no longer does what was recorded. */
export interface Parting {
  /** Milliseconds since the recording began. */
  readonly time: number;
  /** The other side: `10.1.0.7:6881`, a URL, `disk`. */
  readonly to: string;
  /** What happened then, and what happens now. */
  readonly was: string;
  readonly is: string;
}

/** Streams that are only listened to: no host outside notices them. */
const SILENT: ReadonlySet<Channel> = new Set([
  ...(['bytes', 'drained', 'calls', 'datagrams', 'undelivered', 'moved', 'input', 'body'] as const),
]);
/** Streams whose unsubscription a host outside notices. */
const HEARD: ReadonlySet<Channel> = new Set(['connect', 'wire', 'http', 'answer', 'udp', 'listen', 'storage']);

const NAMES: Readonly<Partial<Record<Channel, string>>> = {
  connect: 'dial',
  http: 'get',
  answer: 'get',
  udp: 'bind UDP',
  resolve: 'look up',
  storage: 'open the storage',
  wire: 'answer',
  verify: 'verify piece',
  save: 'save a note',
  readApart: 'read apart',
};
const DISK: ReadonlySet<Channel> = new Set([
  ...(['storage', 'read', 'readApart', 'digest', 'write', 'writev', 'save', 'finish', 'stamps', 'flush'] as const),
  ...(['load', 'others', 'verify'] as const),
]);

/** One direction of a wire in one of the two runs: the bytes of this turn. */
class Side {
  readonly words: string[] = [];
  readonly listener = new Listener((word) => void this.words.push(wordText(word)));
}

class Speech {
  readonly was = new Side();
  readonly is = new Side();
}

const NOTHING = 'nothing';

/** Compares what is done in a turn with what was done in it. Within a turn different streams are compared apart. */
export class Comparison {
  readonly #speeches = new Map<number, Speech>();
  readonly #subjects = new Map<number, Opened>();
  #turn: Turn = { time: 0, cause: { kind: 'start' }, deeds: [] };
  #expected: Opened[] = [];
  readonly #extra: { readonly channel: Channel; readonly subject: string }[] = [];
  readonly #sent = new Map<number, Uint8Array[]>();
  readonly #datagrams: SentDatagram[] = [];
  readonly #closed = new Set<number>();

  begin(turn: Turn): void {
    this.#turn = turn;
    this.#expected = turn.deeds.filter((deed): deed is Opened => deed.kind === 'open');
    this.#extra.length = 0;
    this.#sent.clear();
    this.#datagrams.length = 0;
    this.#closed.clear();
    for (const opened of this.#expected) this.#subjects.set(opened.id, opened);
  }

  /** The recorded stream that corresponds to this one. */
  opened(channel: Channel, of: number, subject: string): Opened | undefined {
    const at = this.#expected.findIndex(
      (each) => each.channel === channel && each.of === of && each.subject === subject,
    );
    if (at >= 0) return this.#expected.splice(at, 1)[0];
    if (!SILENT.has(channel)) this.#extra.push({ channel, subject });
    return undefined;
  }

  closed(id: number): void {
    this.#closed.add(id);
  }

  sent(id: number, kept: Uint8Array, length: number): void {
    const own = kept.slice();
    const before = this.#sent.get(id);
    if (before === undefined) this.#sent.set(id, [own]);
    else before.push(own);
    this.#speech(id).is.listener.push(own, length);
  }

  datagram(datagram: SentDatagram): void {
    this.#datagrams.push(datagram);
  }

  /** The first difference of this turn. */
  end(): Parting | undefined {
    const parting = this.#inWords() ?? this.#inDatagrams() ?? this.#inStreams() ?? this.#inClosings();
    for (const deed of this.#turn.deeds) {
      if (deed.kind === 'close') this.#forget(deed.id);
      else if (deed.kind === 'atOnce' && deed.what.kind !== 'next') this.#forget(deed.what.id);
    }
    const { cause } = this.#turn;
    if (cause.kind === 'error' || cause.kind === 'complete') this.#forget(cause.id);
    return parting;
  }

  #forget(id: number): void {
    this.#speeches.delete(id);
    this.#subjects.delete(id);
  }

  #speech(id: number): Speech {
    let speech = this.#speeches.get(id);
    if (speech === undefined) this.#speeches.set(id, (speech = new Speech()));
    return speech;
  }

  #inWords(): Parting | undefined {
    const was = new Map<number, Uint8Array[]>();
    for (const deed of this.#turn.deeds) {
      if (deed.kind !== 'sent') continue;
      const said = deed satisfies Sent;
      this.#speech(said.id).was.listener.push(said.kept, said.length);
      was.set(said.id, [...(was.get(said.id) ?? []), said.kept]);
    }
    let parting: Parting | undefined;
    for (const id of new Set([...was.keys(), ...this.#sent.keys()])) {
      const speech = this.#speech(id);
      if (parting === undefined && !sameRun(was.get(id) ?? [], this.#sent.get(id) ?? []))
        parting = this.#parting(this.#address(id), ...firstDifference(speech.was.words, speech.is.words));
      speech.was.words.length = speech.is.words.length = 0;
    }
    return parting;
  }

  #inDatagrams(): Parting | undefined {
    const was = this.#turn.deeds.filter((deed): deed is SentDatagram => deed.kind === 'datagram');
    const count = Math.max(was.length, this.#datagrams.length);
    for (let n = 0; n < count; n++) {
      const [one, other] = [was[n], this.#datagrams[n]];
      if (one && other && one.id === other.id && datagramText(one) === datagramText(other)) {
        if (sameRun([one.bytes], [other.bytes])) continue;
        return this.#parting(endpoint(one), datagramText(one), `${datagramText(other)}, others`);
      }
      return this.#parting(endpoint(one ?? other), datagramText(one), datagramText(other));
    }
    return undefined;
  }

  #inStreams(): Parting | undefined {
    const missing = this.#expected.find(({ channel }) => !SILENT.has(channel));
    const extra = this.#extra.find(({ channel }) => missing === undefined || channel === missing.channel);
    const one = missing ?? extra;
    if (one === undefined) return undefined;
    return this.#parting(whoIs(one), missing ? openText(missing) : NOTHING, extra ? openText(extra) : NOTHING);
  }

  #inClosings(): Parting | undefined {
    const was = new Map<number, Channel>();
    for (const deed of this.#turn.deeds) if (isClosing(deed)) was.set(deed.id, deed.channel);
    for (const [id, channel] of was)
      if (HEARD.has(channel) && !this.#closed.has(id)) return this.#parting(this.#address(id), 'hang up', NOTHING);
    for (const id of this.#closed) {
      const opened = this.#subjects.get(id);
      if (opened && HEARD.has(opened.channel) && !was.has(id))
        return this.#parting(this.#address(id), NOTHING, 'hang up');
    }
    return undefined;
  }

  #address(id: number): string {
    const opened = this.#subjects.get(id);
    return opened === undefined ? `stream ${id}` : whoIs(opened);
  }

  #parting(to: string, was: string, is: string): Parting {
    return { time: this.#turn.time, to, was, is };
  }
}

const isClosing = (deed: Deed): deed is Extract<Deed, { kind: 'close' }> => deed.kind === 'close';

const endpoint = (datagram: SentDatagram | undefined): string => `${datagram?.host}:${datagram?.port}`;
const datagramText = (datagram: SentDatagram | undefined): string =>
  datagram === undefined ? NOTHING : `${datagram.bytes.length} bytes to ${endpoint(datagram)}`;

const whoIs = ({ channel, subject }: { readonly channel: Channel; readonly subject: string }): string =>
  DISK.has(channel) ? 'disk' : (subject.split(' ')[0] ?? '');

const openText = ({ channel, subject }: { readonly channel: Channel; readonly subject: string }): string =>
  `${NAMES[channel] ?? channel} ${subject}`.trimEnd();

/** Are both byte sequences the same, however they are cut? */
const sameRun = (one: readonly Uint8Array[], other: readonly Uint8Array[]): boolean => {
  const [a, b] = [joined(one), joined(other)];
  return a.length === b.length && a.every((byte, at) => byte === b[at]);
};

const joined = (parts: readonly Uint8Array[]): Uint8Array => {
  if (parts.length === 1) return parts[0] as Uint8Array;
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
};

const firstDifference = (was: readonly string[], is: readonly string[]): [was: string, is: string] => {
  for (let n = 0; n < Math.max(was.length, is.length); n++)
    if (was[n] !== is[n]) return [was[n] ?? NOTHING, is[n] ?? NOTHING];
  return [was.at(-1) ?? NOTHING, is.length > 0 ? `${is.at(-1)}, with another content` : NOTHING];
};
