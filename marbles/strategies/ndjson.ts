import { filter, map, type OperatorFunction, pairwise, pipe, sampleTime } from 'rxjs';
import type { DownloadEvent } from '../../src/index.ts';

/** A line of JSON each second: bytes stored, the rate in bytes/s, and the seconds to go at this rate. */
export const ndjson = (): OperatorFunction<DownloadEvent, string> =>
  pipe(
    filter((event) => event.type === 'progress'),
    sampleTime(1000),
    pairwise(),
    map(([was, { stored, length }]) => ({ stored, rate: stored - was.stored, left: length - stored })),
    map(({ left, ...line }) => JSON.stringify({ ...line, eta: left / line.rate })),
  );
