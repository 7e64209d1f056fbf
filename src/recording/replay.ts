import { NEVER, Observable, type Subscriber, type Subscription } from 'rxjs';
import { Comparison, type Parting } from './comparison.ts';
import type { Deed, Occurrence, Recording, Turn } from './parse.ts';
import { Filler } from './payload.ts';
import type { Tape } from './tape.ts';
import { replayedEnv, type Stand } from './replayedEnv.ts';
import { Turns } from './turns.ts';
import type { Channel, Values } from './values.ts';
import { InputError } from '../contracts/errors.ts';

/** The result of a replay. */
export interface Replayed {
  /** Where the code first behaved differently; undefined if everything was the same. */
  readonly parting: Parting | undefined;
  /** Milliseconds that were replayed, and turns of what happened in them. */
  readonly time: number;
  readonly turns: number;
  /** The recording ended in the middle of something. */
  readonly cutOff: boolean;
}

interface Live {
  readonly channel: Channel;
  readonly next: (value: never) => void;
  readonly subscriber: Subscriber<unknown>;
  readonly filler: Filler;
}

interface Run {
  readonly source: Observable<unknown>;
  readonly subscriber: Subscriber<unknown>;
  running: Subscription | undefined;
}

/** Calls that are answered synchronously. */
const ANSWERS: ReadonlySet<Deed['kind']> = new Set([
  'sent',
  'randomBytes',
  'hasher',
  'doubted',
  'apart',
  'verified',
  'sums',
]);

class Replayer implements Stand {
  readonly recording: Recording;
  readonly #turns = new Turns();
  readonly #comparison = new Comparison();
  readonly #live = new Map<number, Live>();
  readonly #runs: Run[] = [];
  /** What is asked in this turn, and what the answer was then. */
  #answers: Deed[] = [];
  #atOnce: Occurrence[] = [];
  /** The last one is the next. */
  #randoms: number[] = [];
  #draws = 0;

  constructor(recording: Recording) {
    this.recording = recording;
  }

  play(run: (tape: Tape) => Observable<unknown>): Replayed {
    const tape: Tape = {
      env: replayedEnv(this),
      inside: (source) => this.#inside(source),
      input: <T>() => this.open<T>('input', 0, '', (value) => value as T),
    };
    const { start } = this.recording.header;
    this.#turns.now = start;
    this.#turns.hold();
    let [time, count]: [time: number, count: number] = [0, 0];
    let parting: Parting | undefined;
    let running: Subscription | undefined;
    try {
      for (const turn of this.recording.turns()) {
        this.#begin(turn);
        if (turn.cause.kind === 'start')
          this.#turns.run(start, () => (running = run(tape).subscribe({ error: () => undefined })));
        else this.#do(turn, start + turn.time);
        parting = this.#comparison.end();
        [time, count] = [turn.time, count + 1];
        if (parting !== undefined) break;
      }
      return { parting, time, turns: count, cutOff: this.recording.cutOff };
    } finally {
      this.#turns.within(() => running?.unsubscribe());
      this.#turns.release();
    }
  }

  open<T, C extends Channel = Channel>(
    channel: C,
    of: number,
    subject: string,
    made: (value: Values[C], id: number) => T,
  ): Observable<T> {
    return new Observable((subscriber) => {
      const opened = this.#comparison.opened(channel, of, subject);
      if (opened === undefined) return NEVER.subscribe();
      const { id } = opened;
      const live: Live = {
        channel,
        next: (value) => subscriber.next(made(value, id)),
        subscriber,
        filler: new Filler(),
      };
      this.#live.set(id, live);
      for (const what of this.#atOnce) if (what.id === id) this.#happens(what);
      return () => {
        if (!this.#live.delete(id)) return;
        this.#comparison.closed(id);
      };
    });
  }

  sent(id: number, kept: Uint8Array, length: number): boolean {
    this.#comparison.sent(id, kept, length);
    const then = this.#answer((deed) => deed.kind === 'sent' && deed.id === id);
    return then?.kind !== 'sent' || !then.full;
  }

  datagram(id: number, host: string, port: number, bytes: Uint8Array): void {
    this.#comparison.datagram({ kind: 'datagram', id, host, port, bytes: bytes.slice() });
  }

  random(): number {
    // Another version of the code may use more random numbers: the further ones are the same each time.
    return this.#randoms.pop() ?? ((this.#draws++ * 0x9e3779b1) % 2 ** 32) / 2 ** 32;
  }

  randomBytes(length: number): Uint8Array {
    const then = this.#answer((deed) => deed.kind === 'randomBytes' && deed.bytes.length === length);
    if (then?.kind === 'randomBytes') return then.bytes.slice();
    return Uint8Array.from({ length }, () => Math.floor(this.random() * 256));
  }

  hashes(): boolean {
    const then = this.#answer(({ kind }) => kind === 'hasher');
    return then?.kind === 'hasher' && then.given;
  }

  numbers(kind: 'doubted' | 'apart', id: number): readonly number[] {
    const then = this.#answer((deed) => deed.kind === kind && deed.id === id);
    return then?.kind === kind ? then.numbers : [];
  }

  sums(piece: number): Uint8Array | undefined {
    const then = this.#answer((deed) => deed.kind === 'sums' && deed.piece === piece);
    return then?.kind === 'sums' ? then.sums : undefined;
  }

  verified(piece: number): boolean | undefined {
    const then = this.#answer((deed) => deed.kind === 'verified' && deed.piece === piece);
    return then?.kind === 'verified' ? then.valid : undefined;
  }

  #inside<T>(source: Observable<T>): Observable<T> {
    return new Observable((subscriber) => {
      const run: Run = { source, subscriber, running: undefined };
      this.#runs.push(run);
      return () => run.running?.unsubscribe();
    });
  }

  #begin(turn: Turn): void {
    this.#answers = turn.deeds.filter(({ kind }) => ANSWERS.has(kind));
    this.#atOnce = turn.deeds.flatMap((deed) => (deed.kind === 'atOnce' ? [deed.what] : []));
    this.#randoms = turn.deeds.flatMap((deed) => (deed.kind === 'random' ? [deed.value] : [])).reverse();
    this.#comparison.begin(turn);
  }

  #answer(fits: (deed: Deed) => boolean): Deed | undefined {
    const at = this.#answers.findIndex(fits);
    return at < 0 ? undefined : this.#answers.splice(at, 1)[0];
  }

  #do({ cause }: Turn, time: number): void {
    switch (cause.kind) {
      case 'start':
        return;
      case 'tick':
        return this.#turns.fire(time);
      case 'checkpoint':
        return;
      case 'begin':
      case 'leave': {
        const run = this.#runs[cause.nth];
        if (run === undefined) throw new InputError('bad-option', `run ${cause.nth} of the recording is not replayed`);
        return this.#turns.run(time, () => {
          if (cause.kind === 'leave') run.running?.unsubscribe();
          else run.running = run.source.subscribe(run.subscriber);
        });
      }
      default:
        return this.#turns.run(time, () => this.#happens(cause));
    }
  }

  #happens(what: Occurrence): void {
    const live = this.#live.get(what.id);
    // It has been left since, by a client that does not do the same.
    if (live === undefined) return;
    switch (what.kind) {
      case 'next':
        return this.#emit(live, what.value);
      case 'error':
        this.#live.delete(what.id);
        return live.subscriber.error(what.error);
      case 'complete':
        this.#live.delete(what.id);
        return live.subscriber.complete();
    }
  }

  #emit(live: Live, value: Values[Channel]): void {
    if (live.channel !== 'bytes') return live.next(value as never);
    const { kept, length } = value as Values['bytes'];
    const chunk = live.filler.fill(kept, length);
    if (chunk === undefined)
      throw new InputError('bad-option', 'the recording is damaged: bytes of a wire are missing');
    return live.next(chunk as never);
  }
}

/**
 * Runs the same code again, with the world as it was recorded, on virtual time: hours take seconds, and no file or
 * socket is opened. Returns where the code first behaves differently, so a recording is a test of whatever has changed
 * since. The result does not depend on the machine: it is the same each time.
 *
 * Blocks are all zeros here, since what was in them was not recorded; whether a piece is sound was.
 *
 * @example
 * const { parting } = replay(new Recording(readFileSync('session.rxrec')), ({ env, inside }) =>
 * inside(download(torrent, env, { target: { folder: '.' } })));
 *
 * @throws Malformed for a recording that is damaged, InputError for one that can't be replayed.
 */
export const replay = (recording: Recording, run: (tape: Tape) => Observable<unknown>): Replayed => {
  if (recording.header.masked)
    throw new InputError(
      'bad-option',
      'it was recorded with addresses masked, and so without replies that name them: draw it',
    );
  if (!recording.whole) throw new InputError('bad-option', 'its beginning has been dropped: draw it');
  return new Replayer(recording).play(run);
};

/** The difference in one line, for the user. */
export const partingText = ({ time, to, was, is }: Parting): string =>
  `at ${(time / 1000).toFixed(3)} s to ${to}: was ${was}, is ${is}`;
