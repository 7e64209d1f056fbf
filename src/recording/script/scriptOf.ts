import { toHex } from '../../protocol/encoding/id.ts';
import type { Geometry } from '../../torrent/geometry.ts';
import type { Deed, Occurrence, Recording, Turn } from '../parse.ts';
import { Listener, type Word } from '../words.ts';
import { type Bit, bitOf, cuesOf } from './cues.ts';
import { numbersIn, type Place } from './ranges.ts';
import { DISK, type Row, type Script } from './script.ts';

interface Wire {
  readonly who: string;
  readonly hears: Listener;
  readonly says: Listener;
  /** It is of another torrent. */
  foreign: boolean;
}

interface Said {
  readonly who: string;
  readonly does: Row['does'];
  readonly bit: Bit;
}

/** One torrent of a recording. */
export interface Subject {
  /** Which of those that were recorded it is, from 0. */
  readonly nth: number;
  /** Those that peers may name in handshakes, in hexadecimal digits. */
  readonly infoHashes: readonly string[];
  /** It began with a magnet link: nobody was asked for blocks before it was known. */
  readonly magnet: boolean;
}

const EVENT = /^(stored|corrupt) (\d+)$/;

/** Writes down what was said in a recording, as far as it matters for what peers are asked. */
class Scribe {
  readonly #rows: Row[] = [];
  readonly #peers = new Map<string, string>();
  readonly #geometry: Geometry;
  /** Peers that were asked for blocks, pieces in the order in which they were begun, and those we said we had. */
  readonly #asked = new Set<string>();
  readonly #begun = new Set<number>();
  readonly #had = new Set<number>();
  #done = false;
  readonly #of: Subject | undefined;
  /** Of a magnet link, until the first peer is told what we want: what peers said until then, in their order. */
  #early: Said[] | undefined;
  readonly #wires = new Map<number, Wire>();
  /** What is heard on a wire is a stream of its own. */
  readonly #bytes = new Map<number, Wire>();
  #said: Said[] = [];

  constructor(geometry: Geometry, of: Subject | undefined) {
    this.#geometry = geometry;
    this.#of = of;
    if (of?.magnet === true) this.#early = [];
  }

  turn({ time, cause, deeds }: Turn): void {
    this.#said = [];
    if (cause.kind === 'next' || cause.kind === 'error' || cause.kind === 'complete') this.#happens(cause);
    for (const deed of deeds) this.#does(deed);
    if (this.#early !== undefined && !this.#begins(time, this.#early)) return;
    // What peers say comes before what they are asked for it; a peer that is banned for a piece is not asked for it
    // again.
    const banned = this.#said.some(({ bit }) => bit.letter === 'c');
    const leaves = ({ bit }: Said): boolean => banned && bit.letter === '!';
    this.#write(
      time,
      this.#said.filter(({ does }) => does === 'says'),
    );
    this.#write(time, this.#said.filter(leaves));
    this.#write(
      time,
      this.#said.filter(({ does }) => does === 'gives'),
    );
    this.#write(
      time,
      this.#said.filter((each) => each.does === 'asks' && !leaves(each)),
    );
  }

  /**
   * The peers of a magnet link are handed on together once the torrent is known: what they have said by then, those
   * that are still there, is as if they said it at that moment. False as long as that has not come.
   */
  #begins(time: number, early: Said[]): boolean {
    const wants = ({ does, bit }: Said): boolean => does === 'asks' && (bit.letter === 'I' || bit.letter === 'R');
    if (!this.#said.some(wants)) {
      early.push(...this.#said);
      return false;
    }
    this.#early = undefined;
    const here = new Set([...this.#wires.values()].map(({ who }) => who));
    this.#write(
      time,
      early.filter(({ who, does }) => does === 'says' && here.has(who)),
    );
    return true;
  }

  #write(time: number, said: readonly Said[]): void {
    for (const who of new Set(said.map((each) => each.who))) {
      const own = said.filter((each) => each.who === who);
      this.#rows.push({ time, who, does: (own[0] as Said).does, cues: cuesOf(own.map(({ bit }) => bit)) });
    }
  }

  script(): Script {
    const { pieceCount } = this.#geometry;
    // What was never begun is missing still, unless it was there before, or all that was wanted has come.
    const begun = new Set(this.#begun);
    if (!this.#done) for (let piece = 0; piece < pieceCount; piece++) if (!this.#had.has(piece)) begun.add(piece);
    const rows = this.#rows.filter(({ who }) => who === DISK || this.#asked.has(who));
    return { begun: [...begun], peers: new Map([...this.#peers].filter(([name]) => this.#asked.has(name))), rows };
  }

  #does(deed: Deed): void {
    switch (deed.kind) {
      case 'open': {
        if (deed.channel === 'bytes') {
          const wire = this.#wires.get(deed.of);
          if (wire !== undefined) this.#bytes.set(deed.id, wire);
        } else if (deed.channel === 'connect' || deed.channel === 'wire') this.#connects(deed.id, deed.subject);
        return;
      }
      case 'close': {
        const wire = this.#wires.get(deed.id);
        if (wire !== undefined) this.#note(wire.who, 'asks', { letter: '!', about: '' });
        this.#wires.delete(deed.id);
        return;
      }
      case 'sent':
        return this.#wires.get(deed.id)?.hears.push(deed.kept, deed.length);
      case 'given': {
        if (deed.nth !== (this.#of?.nth ?? 0)) return;
        if (deed.what === 'done') this.#done = true;
        const [, event, piece] = EVENT.exec(deed.what) ?? [];
        const letter = event === 'stored' ? 's' : 'c';
        if (event !== undefined) this.#note(DISK, 'gives', { letter, about: Number(piece) });
        return;
      }
      case 'atOnce':
        return this.#happens(deed.what);
      default:
    }
  }

  #happens(what: Occurrence): void {
    if (what.kind === 'next') {
      const { kept, length } = (what.channel === 'bytes' ? what.value : {}) as { kept?: Uint8Array; length?: number };
      if (kept !== undefined && length !== undefined) this.#bytes.get(what.id)?.says.push(kept, length);
      return;
    }
    const wire = this.#wires.get(what.id);
    if (wire !== undefined) this.#note(wire.who, 'says', { letter: what.kind === 'error' ? '#' : '|', about: '' });
    this.#wires.delete(what.id);
  }

  #connects(id: number, subject: string): void {
    const who = `p${this.#peers.size + 1}`;
    this.#peers.set(who, subject.split(' ', 1)[0] ?? '');
    const listener = (does: 'says' | 'asks'): Listener => new Listener((word) => this.#word(wire, does, word));
    const wire: Wire = { who, says: listener('says'), hears: listener('asks'), foreign: false };
    this.#wires.set(id, wire);
  }

  #word(wire: Wire, does: 'says' | 'asks', word: Word): void {
    const { who } = wire;
    if (word.type === 'handshake' && this.#of?.infoHashes.includes(toHex(word.infoHash)) === false) wire.foreign = true;
    if (wire.foreign) return;
    const bit = bitOf(word, this.#geometry);
    if (bit === undefined) return;
    if (does === 'asks' && bit.letter === 'B') for (const piece of numbersIn(String(bit.about))) this.#had.add(piece);
    if (does === 'asks' && bit.letter === 'R') {
      this.#asked.add(who);
      this.#begun.add((bit.about as Place)[0]);
    }
    if ((does === 'says' ? SAYS : ASKS).has(bit.letter)) this.#note(who, does, bit);
  }

  #note(who: string, does: Row['does'], bit: Bit): void {
    this.#said.push({ who, does, bit });
  }
}

/** What is written down of what we send, and of what peers say. */
const ASKS: ReadonlySet<string> = new Set(['I', 'N', 'R', 'X', '!']);
const SAYS: ReadonlySet<string> = new Set(['h', 'B', 'H', 'C', 'U', 'P', 'J', 'A', 'S', 'E', '|', '#']);

/**
 * What peers said, were asked and gave in a recording of a torrent of this shape: the only one, or the one that `of`
 * says. @throws Malformed
 */
export const scriptOf = (recording: Recording, geometry: Geometry, of?: Subject): Script => {
  const scribe = new Scribe(geometry, of);
  for (const turn of recording.turns()) scribe.turn(turn);
  return scribe.script();
};
