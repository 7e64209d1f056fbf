import { filter, map, NEVER, Observable, share, Subject, Subscription, throwError, timer } from 'rxjs';
import { download } from '../../src/download/download.ts';
import type { DownloadOptions } from '../../src/download/options.ts';
import type { DownloadEvent } from '../../src/contracts/events.ts';
import type { PeerAddress, Wire } from '../../src/contracts/network.ts';
import { PeerError } from '../../src/contracts/errors.ts';
import type { Mark, Stage, Word, World } from '../index.ts';
import { Hearing, own } from '../speech.ts';

/** Milliseconds that bytes are on their way. */
const LATENCY = 5;

/** One end of a line between two of ours. */
class End implements Wire {
  readonly address: PeerAddress;
  /** What was written here, one mark a word. */
  readonly sent: Mark[] = [];
  readonly #bytes = new Subject<Uint8Array>();
  readonly bytes$ = this.#bytes.asObservable();
  readonly drained$ = NEVER;
  readonly #said = new Subject<Word>();
  readonly said$ = this.#said.asObservable();
  readonly #hearing: Hearing;
  readonly #flights = new Subscription();
  #other: End | undefined;
  /** What has come before there was anybody to hear it. */
  #waiting: Uint8Array[] | undefined = [];

  constructor(address: PeerAddress, { now }: Stage) {
    this.address = address;
    this.#hearing = new Hearing((value) => {
      this.sent.push({ frame: now(), kind: 'value', value });
      this.#said.next(value);
    });
  }

  joins(other: End): void {
    this.#other = other;
  }

  write(bytes: Uint8Array): boolean {
    this.#hearing.push(bytes);
    const copy = own(bytes);
    this.#flights.add(timer(LATENCY).subscribe(() => this.#other?.arrive(copy)));
    return true;
  }

  arrive(bytes: Uint8Array): void {
    if (this.#waiting !== undefined) return void this.#waiting.push(bytes);
    this.#bytes.next(bytes);
    bytes.fill(0xdd);
  }

  ends(): void {
    this.#bytes.complete();
  }

  open(): void {
    const waiting = this.#waiting ?? [];
    this.#waiting = undefined;
    for (const bytes of waiting) this.arrive(bytes);
  }

  /** What is on its way still comes, and then the end. */
  hangUp(): void {
    this.#flights.add(timer(LATENCY).subscribe(() => this.#other?.ends()));
  }
}

/** The other end as seen from this one: the address to dial, once; and what was sent to it. */
export interface LineEnd {
  readonly address: PeerAddress;
  readonly sent: readonly Mark[];
  readonly said$: Observable<Word>;
}

/**
 * A line between two clients that do not listen: each dials its own end, and is connected once the other has dialled,
 * too.
 */
export const line = (stage: Stage, one: string, other: string): readonly [LineEnd, LineEnd] => {
  const addressOf = (host: string): PeerAddress => ({ host, port: 7000, source: 'manual' });
  const ends = [new End(addressOf(other), stage), new End(addressOf(one), stage)] as const;
  ends[0].joins(ends[1]);
  ends[1].joins(ends[0]);
  const dialling = (end: End): LineEnd => {
    let spent = false;
    const wire$ = new Observable<Wire>((subscriber) => {
      if (spent) return throwError(() => new PeerError('refused', 'the line is gone')).subscribe(subscriber);
      spent = true;
      const close = stage.ledger.open(`the line to ${end.address.host}`);
      subscriber.add(() => {
        close();
        end.hangUp();
      });
      subscriber.add(end.bytes$.subscribe({ complete: () => subscriber.complete() }));
      subscriber.next(end);
      // The client that has just been told has to subscribe first.
      subscriber.add(timer(0).subscribe(() => end.open()));
    });
    return { address: { ...end.address, wire$ }, sent: end.sent, said$: end.said$ };
  };
  return [dialling(ends[0]), dialling(ends[1])];
};

/** A client of ours: without trackers, and until no peer has taken anything for 15 s. */
export const shares = (
  { torrent }: Stage,
  { env }: World,
  options: Partial<DownloadOptions>,
): Observable<DownloadEvent> =>
  download(torrent, env, { target: { folder: '.' }, trackers: [], seed: { idle: 15_000 }, ...options }).pipe(share());

/** `d` when all is there; why enough has been given, and how many copies that was. */
export const ends = (events$: Observable<DownloadEvent>): Observable<unknown> =>
  events$.pipe(
    filter((event) => event.type === 'done' || event.type === 'seeded'),
    map((event) => (event.type === 'done' ? 'd' : [event.reason, event.ratio])),
  );
