import { ignoreElements, type Observable, tap, timer } from 'rxjs';
import { client } from '../../src/client/client.ts';
import type { DownloadEvent } from '../../src/contracts/events.ts';
import type { DownloadOptions } from '../../src/download/options.ts';
import { type HostOptions, type NetworkedHost, pieceBytes, type Stage } from '../index.ts';

/** Kilobytes a second. */
export const line = (up: number, down: number): HostOptions => ({ up: up * 1000, down: down * 1000, delay: 20 });

/** A whole client of ours, until no peer has taken anything for a minute. */
export const shares = (
  { torrent }: Stage,
  host: NetworkedHost,
  options: Partial<DownloadOptions> = {},
): Observable<DownloadEvent> => {
  const own = { target: { folder: '.' }, seed: { idle: 60_000 }, ...options };
  return host.runs(client(host.env, { ports: [6881] }).download(torrent, own));
};

export const everyPiece = ({ geometry }: Stage): readonly number[] =>
  Array.from({ length: geometry.pieceCount }, (_, n) => n);

/** Each piece on its disk is what it should be. */
export const isWhole = ({ geometry }: Stage, host: NetworkedHost): boolean =>
  everyPiece({ geometry } as Stage).every((piece) => {
    const from = geometry.pieceOffset(piece);
    const there = host.disk().bytes.subarray(from, from + geometry.pieceSize(piece));
    return Buffer.compare(there, pieceBytes(geometry, piece)) === 0;
  });

/** What is so when the curtain has fallen. */
export const atTheEnd = (stage: Stage, act: () => void): void => {
  stage.gives(timer(3_600_000).pipe(tap(act), ignoreElements())).toBe('60m |');
};
