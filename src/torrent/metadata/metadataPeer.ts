import type { MetadataAssembly } from './metadataAssembly.ts';

/**
 * Milliseconds that a peer is left alone after it has rejected a request, or kept us waiting without having said that
 * it has anything: doubled each time.
 */
const REJECTED_PAUSE = { first: 1_000, most: 30_000 };

/** Who can be asked. */
export interface MetadataSource {
  /** Is asked for a piece. */
  ask(piece: number): void;
  /** There it is, whoever gave it. */
  whole(metadata: Uint8Array): void;
}

/** One peer: what it claims, what it is asked for. */
export class Asked {
  readonly source: MetadataSource;
  /** 0 while that is not known: then it is asked for the first piece, which says so. */
  size = 0;
  claims = 0;
  /** When each request went out. */
  readonly inFlight = new Map<number, number>();
  /** Requests that nothing is expected of any more; what comes is taken. */
  readonly late = new Set<number>();
  /** What it alone gives. */
  own: MetadataAssembly<Asked> | undefined;
  silences = 0;
  rejections = 0;
  pausedUntil = -Infinity;

  constructor(source: MetadataSource) {
    this.source = source;
  }

  /** It is left alone for a while, longer each time. */
  putOff(now: number): void {
    this.pausedUntil = now + Math.min(REJECTED_PAUSE.most, REJECTED_PAUSE.first * 2 ** this.rejections++);
  }

  /** It has given something. */
  useful(): void {
    this.silences = this.rejections = 0;
    this.pausedUntil = -Infinity;
  }
}
