import { addressKey } from '../../protocol/encoding/address.ts';

/** The stages that an address can reach, in this order: from being named by a source to a peer that gives us blocks. */
export const STAGES = [
  'discovered',
  'dialled',
  'connected',
  'handshaken',
  'interested',
  'unchoked',
  'sending',
] as const;
export type Stage = (typeof STAGES)[number];

/** How many addresses of one source ever reached each stage, and how many are lost now, by cause. */
export interface FunnelRow<Source extends string> extends Readonly<Record<Stage, number>> {
  readonly source: Source;
  /**
   * By the code of a `PeerError`; `closed` if the peer hung up; `known` if another source named the address first;
   * `banned`, `full`, `per-host`.
   */
  readonly lost: Readonly<Record<string, number>>;
  /** How many connections were made in a way that is not plain TCP, by way, if any were. */
  readonly roads?: Readonly<Record<string, number>>;
}

export interface Named<Source extends string> {
  readonly host: string;
  readonly port: number;
  readonly source: Source;
}

/** Maximum number of addresses that are traced. The oldest is forgotten first; it stays counted. */
export const MAX_TRACES = 10_000;

interface Trace<Source> {
  /** The source that named the address first, for which it counts. */
  readonly source: Source;
  /** Sources that named it later. */
  readonly others: Set<Source>;
  stage: number;
  cause: string | undefined;
}

interface Row {
  readonly reached: number[];
  readonly lost: Map<string, number>;
  readonly roads: Map<string, number>;
}

/**
 * Counts what has become of the addresses of each source. Depends only on what it is told. Invariants: for each source,
 * at most as many addresses reached a stage as the stage before it, and at most as many are lost as were named.
 */
export class Funnel<Source extends string> {
  readonly #traces = new Map<string, Trace<Source>>();
  readonly #rows = new Map<Source, Row>();
  readonly #most: number;
  /** Grows with each change. */
  version = 0;

  constructor(most: number = MAX_TRACES) {
    this.#most = most;
  }

  /** A source names an address. It is counted once for each source, and as lost if another source was first. */
  named(address: Named<Source>): void {
    const { source } = address;
    const trace = this.#traceOf(address);
    if (trace.source === source || trace.others.has(source)) return;
    trace.others.add(source);
    this.#advance(this.#rowOf(source), 0, 0);
    this.#lose(this.#rowOf(source), 'known', 1);
  }

  /** An address has reached a stage. If it is dialled again, it no longer counts as lost. */
  reached(address: Named<Source>, stage: Stage): void {
    const trace = this.#traceOf(address);
    const row = this.#rowOf(trace.source);
    const index = STAGES.indexOf(stage);
    if (stage === 'dialled' && trace.cause !== undefined) {
      this.#lose(row, trace.cause, -1);
      trace.cause = undefined;
    }
    if (index <= trace.stage) return;
    this.#advance(row, trace.stage + 1, index);
    trace.stage = index;
  }

  /** An address is lost; the first cause counts. */
  lost(address: Named<Source>, cause: string): void {
    const trace = this.#traceOf(address);
    if (trace.cause !== undefined) return;
    trace.cause = cause;
    this.#lose(this.#rowOf(trace.source), cause, 1);
  }

  /** A connection was made in a way that is not plain TCP. */
  wentBy(address: Named<Source>, road: string): void {
    const { roads } = this.#rowOf(this.#traceOf(address).source);
    roads.set(road, (roads.get(road) ?? 0) + 1);
    this.version++;
  }

  /** One row for each source that has named an address, in the order of their first ones. */
  get rows(): readonly FunnelRow<Source>[] {
    return [...this.#rows].map(([source, { reached, lost, roads }]) => {
      const stages = Object.fromEntries(STAGES.map((stage, index) => [stage, reached[index] ?? 0])) as Record<
        Stage,
        number
      >;
      return { source, ...stages, lost: sorted(lost), ...(roads.size > 0 && { roads: sorted(roads) }) };
    });
  }

  /** All sources together: how many addresses were dialled, and how many are lost, by cause. */
  get total(): { readonly dialled: number; readonly lost: Readonly<Record<string, number>> } {
    let dialled = 0;
    const lost = new Map<string, number>();
    for (const row of this.#rows.values()) {
      dialled += row.reached[1] ?? 0;
      for (const [cause, count] of row.lost) lost.set(cause, (lost.get(cause) ?? 0) + count);
    }
    return { dialled, lost: sorted(lost) };
  }

  #traceOf(address: Named<Source>): Trace<Source> {
    const key = addressKey(address);
    const known = this.#traces.get(key);
    if (known !== undefined) return known;
    const trace: Trace<Source> = { source: address.source, others: new Set(), stage: 0, cause: undefined };
    this.#traces.set(key, trace);
    const [oldest] = this.#traces.keys();
    if (this.#traces.size > this.#most && oldest !== undefined) this.#traces.delete(oldest);
    this.#advance(this.#rowOf(address.source), 0, 0);
    return trace;
  }

  #rowOf(source: Source): Row {
    let row = this.#rows.get(source);
    if (row === undefined) {
      row = { reached: STAGES.map(() => 0), lost: new Map(), roads: new Map() };
      this.#rows.set(source, row);
    }
    return row;
  }

  #advance({ reached }: Row, from: number, to: number): void {
    this.version++;
    for (let stage = from; stage <= to; stage++) reached[stage] = (reached[stage] ?? 0) + 1;
  }

  #lose({ lost }: Row, cause: string, change: 1 | -1): void {
    this.version++;
    const count = (lost.get(cause) ?? 0) + change;
    if (count > 0) lost.set(cause, count);
    else lost.delete(cause);
  }

  check(): void {
    if (this.#traces.size > this.#most) throw new RangeError(`${this.#traces.size} addresses remembered`);
    for (const [source, { reached, lost }] of this.#rows) {
      reached.forEach((count, stage) => {
        if (stage > 0 && count > (reached[stage - 1] ?? 0))
          throw new RangeError(`more of ${source} are ${STAGES[stage]} than ${STAGES[stage - 1]}`);
      });
      const losses = [...lost.values()].reduce((sum, count) => sum + count, 0);
      if (losses > (reached[0] ?? 0)) throw new RangeError(`more of ${source} are lost than were named`);
    }
  }
}

/** Sorts counts, the highest first. */
const sorted = (counts: ReadonlyMap<string, number>): Readonly<Record<string, number>> =>
  Object.fromEntries([...counts].sort(([, one], [, other]) => other - one));
