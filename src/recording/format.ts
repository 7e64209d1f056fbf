import { Malformed } from '../protocol/encoding/malformed.ts';
import { type ByteReader, ByteWriter } from './bytes.ts';
import { isObject, parsedAs } from './values.ts';

/** The first line of every recording; the next one is a {@link Header} as JSON, and then come records. */
export const MAGIC = 'rxtorrent recording 1';
const LINE = 10;
/** Longest header, in bytes: it holds the torrent. */
const MAX_HEADER = 1 << 26;

/**
 * What a record is, by its first byte. A capital is a *turn*: it says how many milliseconds have passed since the last
 * one, then what happened. All else happened within the turn before it, at the same time.
 */
export const KIND = {
  /** Timers fired. `delta` */
  tick: 0x54, // T
  /** What is recorded was subscribed to. `delta, nth` */
  begin: 0x42, // B
  /** The subscriber left. `delta, nth` */
  leave: 0x4c, // L
  /** A stream of the world emitted. `delta, id, value` */
  next: 0x4e, // N
  /** `delta, id, error` */
  error: 0x45, // E
  /** `delta, id` */
  complete: 0x43, // C
  /** The same, while it was being subscribed to. `id, value` */
  nextAtOnce: 0x6e, // n
  /** `id, error` */
  errorAtOnce: 0x65, // e
  /** `id` */
  completeAtOnce: 0x63, // c
  /**
   * We subscribed to a stream of the world; the ids are counted from 1. `channel, of which stream (0: none), what
   * about`
   */
  open: 0x6f, // o
  /** We unsubscribed before it was over. `id` */
  close: 0x78, // x
  /** We wrote to a wire. `id, full?, length, what is kept of it` */
  sent: 0x73, // s
  /** We sent a datagram. `id, host, port, bytes` */
  datagram: 0x75, // u
  /** `number` */
  random: 0x72, // r
  /** `bytes` */
  randomBytes: 0x52, // R
  /** Whether pieces are digested while they come. `flag` */
  hasher: 0x68, // h
  /** What a storage answers at once. `which (0 doubted, 1 apart), id, numbers` */
  numbers: 0x61, // a
  /** A piece was checked at once. `piece, valid?` */
  verified: 0x76, // v
  /** What differs between copies of a piece of which one was corrupt: {@link blockSums}. `piece, sums` */
  sums: 0x6d, // m
  /** What the subscriber was told. `text` */
  given: 0x67, // g
  /** Of several that are recorded, which one is told what follows; the first one where nothing is said. `nth` */
  whose: 0x69, // i
  /** How things stand at the beginning of a part that is not the first: {@link putCheckpoint}. */
  checkpoint: 0x4b, // K
} as const;

/** What holds for the whole recording. */
export interface Header {
  /** The program that made it. */
  readonly by: string;
  /** When it began, in milliseconds since 1970. */
  readonly start: number;
  /** Hosts are not those that they were, and what might name them is left out: it can be drawn, but not replayed. */
  readonly masked: boolean;
  readonly sharesMemory: boolean;
  readonly hashes: boolean;
  /** As `Env` has them; absent for false. */
  readonly holepunch?: boolean;
  readonly anonymous?: boolean;
  readonly room?: { readonly connections: number; readonly callers: number; readonly announces: number };
  /** Which part of the recording this is, from 0; absent in the first one. */
  readonly part?: number;
  /** What the program that recorded needs again for a replay. */
  readonly session: unknown;
}

const isHeader = (value: unknown): boolean =>
  isObject(value) && Number.isSafeInteger(value['start']) && Number.isSafeInteger(value['part'] ?? 0);

export const encodeHeader = (header: Header): Uint8Array => {
  const out = new ByteWriter();
  out.plain(new TextEncoder().encode(`${MAGIC}\n${JSON.stringify(header)}\n`));
  return out.take();
};

const lineEnd = (bytes: Uint8Array, from: number): number => {
  const end = bytes.subarray(from, from + MAX_HEADER).indexOf(LINE);
  if (end < 0) throw new Malformed('recording', 'a header', 'none');
  return from + end;
};

/** The header, and where the records begin. @throws Malformed */
export const decodeHeader = (bytes: Uint8Array): { readonly header: Header; readonly at: number } => {
  const magic = bytes.subarray(0, MAGIC.length + 1);
  if (new TextDecoder().decode(magic) !== `${MAGIC}\n`)
    throw new Malformed('recording', MAGIC, 'the beginning of something else');
  const end = lineEnd(bytes, magic.length);
  const header = parsedAs<Header>(new TextDecoder().decode(bytes.subarray(magic.length, end)), isHeader);
  return { header, at: end + 1 };
};

export type NumbersOf = 'doubted' | 'apart';

export const readNumbers = (from: ByteReader): number[] => {
  const numbers: number[] = [];
  for (let left = from.number(); left > 0; left--) numbers.push(from.number());
  return numbers;
};
