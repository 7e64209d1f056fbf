import type { MetadataAssembly } from './metadataAssembly.ts';

/**
 * Milliseconds for which a peer is not asked after it has rejected a request, or has kept us waiting without having
 * said that it has metadata. Doubled each time.
 */
const REJECTED_PAUSE = { first: 1_000, most: 30_000 };

/** A peer that metadata can be requested from. */
export interface MetadataSource {
  /** Requests a piece. */
  ask(piece: number): void;
  /** Called when the metadata is complete, whichever peers gave it. */
  whole(metadata: Uint8Array): void;
}

/** One peer: the size that it claims, and the requests in flight with it. */
export class Asked {
  readonly source: MetadataSource;
  /**
   * The claimed size in bytes; 0 while it is unknown: then the peer is asked for the first piece, whose message tells
   * it.
   */
  size = 0;
  claims = 0;
  /** When each request was sent, in milliseconds, by piece. */
  readonly inFlight = new Map<number, number>();
  /** Requests that have expired; an answer that still arrives is accepted. */
  readonly late = new Set<number>();
  /** The assembly of this peer alone, if it does not share one. */
  own: MetadataAssembly<Asked> | undefined;
  silences = 0;
  rejections = 0;
  pausedUntil = -Infinity;

  constructor(source: MetadataSource) {
    this.source = source;
  }

  /** Does not ask the peer for a while, longer each time. */
  putOff(now: number): void {
    this.pausedUntil = now + Math.min(REJECTED_PAUSE.most, REJECTED_PAUSE.first * 2 ** this.rejections++);
  }

  /** The peer has given a piece. */
  useful(): void {
    this.silences = this.rejections = 0;
    this.pausedUntil = -Infinity;
  }
}
