import { Observable, type Subscription, tap } from 'rxjs';
import type { Env } from '../contracts/env.ts';
import type { UdpEndpoint } from '../contracts/network.ts';
import type { Verify } from '../contracts/storage.ts';
import { CLIENT, toHex } from '../protocol/encoding/id.ts';
import { ByteWriter } from './bytes.ts';
import { encodeHeader, type Header, KIND } from './format.ts';
import { Mask } from './mask.ts';
import { eventText, writtenValue } from './observed.ts';
import { type OpenStream, putCheckpoint } from './openStreams.ts';
import { Skimmer } from './payload.ts';
import { blockSums } from './sums.ts';
import type { Tape } from './tape.ts';
import { type Call, type EnvTap, type Question, tappedEnv, type VerifyCall } from './tappedEnv.ts';
import { type RecordingSink, Timeline } from './timeline.ts';
import type { Turns } from './turns.ts';
import { type Channel, CODECS, errorText, ofWhat, subject, type Values, WHATS } from './values.ts';
import { type Clerk, type Emission, Watching } from './watching.ts';

export interface RecordOptions {
  /** Kept with the recording: what is needed to do the same again. Must be JSON. */
  readonly session?: unknown;
  /** Hosts are given other addresses, and what may name them, or files, is left out: then it can be drawn only. */
  readonly mask?: boolean;
  /** Bytes, before they are compressed, after which the next part begins: the sink is told. 16 MiB. */
  readonly part?: number;
}

/** Bytes of one part: a reader has one of them in memory. */
const PART = 16 * 2 ** 20;

type Act = () => void;
const NOTHING = new Uint8Array();

/** What nothing belongs to, and of which there are many. */
const LEAVES: ReadonlySet<Channel> = new Set(['read', 'readApart', 'digest', 'write', 'writev', 'verify'] as const);

class Recorder implements EnvTap, Clerk {
  readonly #line: Timeline;
  readonly #out: ByteWriter;
  readonly #turns: Turns;
  readonly #ids = new WeakMap<Call, number>();
  readonly #skimmers = new WeakMap<Call, Skimmer>();
  /** Pieces of which a corrupt copy has come. */
  readonly #corrupt = new Set<string>();
  /** Streams of the world that are subscribed to. */
  readonly #open = new Map<number, Omit<OpenStream, 'id' | 'frames'> & { readonly call: Call | undefined }>();
  #opened = 0;
  #runs = 0;
  /** Which of the recorded was told what was written down last. */
  #told = 0;
  readonly #mask: Mask | undefined;

  constructor(env: Env, sink: RecordingSink, { session, mask = false, part = PART }: RecordOptions) {
    this.#mask = mask ? new Mask() : undefined;
    this.#line = new Timeline(sink, { size: part, begin: (nth, time) => this.#begins({ ...header, part: nth }, time) });
    this.#out = this.#line.out;
    this.#turns = this.#line.turns;
    const header: Header = {
      by: CLIENT,
      start: this.#turns.now,
      masked: mask,
      sharesMemory: env.sharesMemory === true,
      hashes: env.hasher !== undefined,
      ...(env.holepunch === true && { holepunch: true }),
      ...(env.anonymous === true && { anonymous: true }),
      ...(env.room && { room: env.room }),
      session: mask ? null : (session ?? null),
    };
    this.#line.begin();
  }

  #begins(header: Header, time: number): Uint8Array {
    const out = new ByteWriter();
    out.plain(encodeHeader(header));
    this.#told = 0;
    if (time > 0 || this.#opened > 0) {
      out.u8(KIND.checkpoint);
      const open = [...this.#open].map(([id, { call, ...stream }]) => ({
        id,
        ...stream,
        frames: call && this.#skimmers.get(call)?.state,
      }));
      putCheckpoint(out, { time, opened: this.#opened, open });
    }
    return out.take();
  }

  inside<T>(source: Observable<T>): Observable<T> {
    return new Observable((subscriber) => {
      const nth = this.#runs++;
      this.#line.hold();
      let over = false;
      let running: Subscription | undefined;
      const told = (what: string, act: Act): void => {
        this.#tells(nth, what);
        this.#turns.outside(act);
      };
      this.#line.turn(
        () => this.#line.stamp(KIND.begin, nth),
        () => {
          running = source.subscribe({
            next: (value) => told(eventText(value), () => subscriber.next(value)),
            error: (error: unknown) => {
              over = true;
              told('#', () => subscriber.error(error));
            },
            complete: () => {
              over = true;
              told('|', () => subscriber.complete());
            },
          });
          if (subscriber.closed) running.unsubscribe();
        },
      );
      return () => {
        // It may be told of something at this moment: then it leaves when that is over.
        this.#line.turn(
          () => !over && this.#line.stamp(KIND.leave, nth),
          () => running?.unsubscribe(),
        );
        this.#line.release();
      };
    });
  }

  #tells(nth: number, what: string): void {
    if (nth !== this.#told) {
      this.#out.u8(KIND.whose);
      this.#out.number(nth);
      this.#told = nth;
    }
    this.#out.u8(KIND.given);
    this.#out.text(what);
  }

  watch<T>(call: Call, source: Observable<T>): Observable<T> {
    return this.#watch(call.what, source, call);
  }

  input<T>(source: Observable<T>): Observable<T> {
    return this.#watch('input', source, undefined);
  }

  write(call: Call, bytes: Uint8Array, act: () => boolean): boolean {
    this.#out.u8(KIND.sent);
    this.#out.number(this.#idOf(call));
    const full = this.#out.length;
    this.#out.u8(0);
    this.#out.number(bytes.length);
    this.#out.run(this.#skimmer(call).skim(bytes));
    // The bytes are the wire's from here on; what it says meanwhile is written down when this turn is over.
    const taken = this.#turns.outside(act);
    if (!taken && this.#out.length > full) this.#out.patch(full, 1);
    return taken;
  }

  send(call: Call, bytes: Uint8Array, { host, port }: UdpEndpoint, act: Act): void {
    this.#out.u8(KIND.datagram);
    this.#out.number(this.#idOf(call));
    this.#out.text(this.#mask?.host(host) ?? host);
    this.#out.number(port);
    this.#out.run(this.#mask ? NOTHING : bytes);
    this.#turns.outside(act);
  }

  ask<T>(question: Question, act: () => T): T {
    const answer = this.#turns.outside(act);
    const out = this.#out;
    switch (question.what) {
      case 'random':
        out.u8(KIND.random);
        out.float(answer as number);
        break;
      case 'randomBytes':
        out.u8(KIND.randomBytes);
        out.run(answer as Uint8Array);
        break;
      case 'hasher':
        out.u8(KIND.hasher);
        out.u8(answer === undefined ? 0 : 1);
        break;
      default: {
        const numbers = answer as readonly number[];
        out.u8(KIND.numbers);
        out.u8(question.what === 'doubted' ? 0 : 1);
        out.number(this.#idOf(question.of));
        out.number(numbers.length);
        for (const each of numbers) out.number(each);
      }
    }
    return answer;
  }

  verify(call: VerifyCall, bytes: Uint8Array, act: () => ReturnType<Verify>): ReturnType<Verify> {
    const answer = this.#turns.outside(act);
    if (typeof answer !== 'boolean')
      return this.watch(call, answer).pipe(tap((valid) => this.#sums(call, bytes, valid)));
    this.#out.u8(KIND.verified);
    this.#out.number(call.piece);
    this.#out.u8(answer ? 1 : 0);
    this.#sums(call, bytes, answer);
    return answer;
  }

  /** Of copies of a piece that are compared with one another. */
  #sums({ infoHash, piece }: VerifyCall, bytes: Uint8Array, valid: boolean): void {
    if (valid && this.#corrupt.size === 0) return;
    const name = `${toHex(infoHash)} ${piece}`;
    if (valid && !this.#corrupt.delete(name)) return;
    if (!valid) this.#corrupt.add(name);
    this.#out.u8(KIND.sums);
    this.#out.number(piece);
    this.#out.run(blockSums(bytes));
  }

  #watch<T>(channel: Channel, source: Observable<T>, call: Call | undefined): Observable<T> {
    return new Observable((subscriber) => {
      const of = call === undefined ? 0 : this.#idOf(ofWhat(call));
      const what = call === undefined ? '' : (this.#mask?.subject(call) ?? subject(call));
      const id = ++this.#opened;
      if (call !== undefined && !LEAVES.has(channel)) this.#ids.set(call, id);
      this.#open.set(id, { channel, of, subject: what, call });
      this.#out.u8(KIND.open);
      this.#out.u8(WHATS.indexOf(channel));
      this.#out.number(of);
      this.#out.text(what);
      const watching = new Watching<T>(this, subscriber, id, channel, call);
      this.#turns.outside(() => watching.begin(source));
      return () => {
        this.#open.delete(id);
        if (!watching.over) {
          this.#out.u8(KIND.close);
          this.#out.number(id);
        }
        this.#turns.outside(() => watching.leave());
      };
    });
  }

  heard(atOnce: boolean, emission: Emission): void {
    if (!atOnce) return this.#line.happens(emission);
    this.#out.u8(KIND[`${emission.kind}AtOnce`]);
    this.#out.number(emission.id);
    emission.put();
    this.#turns.within(() => emission.act());
  }

  get busy(): boolean {
    return this.#turns.running;
  }

  put<C extends Channel>(channel: C, call: Call | undefined, value: unknown): void {
    const written = channel === 'bytes' ? this.#chunk(call as Call, value as Uint8Array) : writtenValue(channel, value);
    CODECS[channel].put(this.#out, (this.#mask ? this.#mask.value(channel, written) : written) as Values[C]);
  }

  putError(error: unknown): void {
    this.#out.text(errorText(this.#mask ? this.#mask.error(error) : error));
  }

  #chunk(call: Call, chunk: Uint8Array): Values['bytes'] {
    return { length: chunk.length, kept: this.#skimmer(call).skim(chunk) };
  }

  #idOf(call: Call | undefined): number {
    return call === undefined ? 0 : (this.#ids.get(call) ?? 0);
  }

  /** One for each direction: what is heard belongs to `bytes`, what is said to the wire itself. */
  #skimmer(call: Call): Skimmer {
    let skimmer = this.#skimmers.get(call);
    if (skimmer === undefined) this.#skimmers.set(call, (skimmer = new Skimmer(this.#mask !== undefined)));
    return skimmer;
  }
}

/**
 * Records what passes between `env` and the code that runs *inside*: everything the world emits, and when, and
 * everything it is sent. Of blocks only the position is kept, not the content, so a recording has less than a hundredth
 * of the transferred bytes. `sink` gets the bytes as they are recorded; a file to which they are appended is a valid
 * recording at any time, also when the program is killed.
 *
 * Time is recorded, too. Code that runs inside has its timers fire in turns, and knows no other time than that at which
 * its turn began, so that {@link replay} can repeat it exactly. RxJS's own clock is replaced for that as long as code
 * runs inside.
 *
 * @example
 * const file = openSync('session.rxrec', 'w');
 * const { env, inside } = record(nodeEnv(), (bytes) => writeSync(file, bytes));
 * inside(download(torrent, env, { target: { folder: '.' } })).subscribe();
 */
export const record = <E extends Env>(env: E, sink: RecordingSink, options: RecordOptions = {}): Tape<E> => {
  const recorder = new Recorder(env, sink, options);
  return {
    env: tappedEnv(env, recorder),
    inside: (source) => recorder.inside(source),
    input: (source) => recorder.input(source),
  };
};
