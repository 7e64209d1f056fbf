import { ignoreElements, merge, type Observable, tap, throwError, timer } from 'rxjs';
import type { Env } from '../../contracts/env.ts';
import { RxTorrentError } from '../../protocol/encoding/rxTorrentError.ts';
import type { Transport } from '../../protocol/nat/natPmp.ts';
import type { Gateway } from './gateways.ts';
import type { PortMapped } from './portMapped.ts';

/** What asking a router needs of the world. */
export interface MapperOptions {
  readonly env: Pick<Env, 'bindUdp' | 'httpGet' | 'randomBytes'>;
  readonly gateway: Gateway;
}

/** A port that is passed on to us. */
export interface Mapped {
  /** Its number outside. */
  readonly external: number;
  /** The router's address outside, if it says so. */
  readonly host?: string | undefined;
  /** Seconds until it is forgotten; 0 if never. */
  readonly lifetime: number;
}

/** One way to ask a router. What it returns emits once and completes, or errors with a `MapperError`. */
export interface Mapper {
  readonly name: PortMapped['by'];
  map(transport: Transport, port: number): Observable<Mapped>;
  /** Takes it back. */
  unmap(transport: Transport, port: number): Observable<unknown>;
}

/** The router does not answer, does not want to, or says what makes no sense. */
export class MapperError extends RxTorrentError<'unmapped'> {
  override readonly name = 'MapperError';

  constructor(why: string, options?: ErrorOptions) {
    super('unmapped', why, options);
  }
}

/** Seconds for which a port is asked for. */
export const LIFETIME = 3_600;

/** Makes any failure a `MapperError`. */
export const asMapperError = (error: unknown): Observable<never> =>
  throwError(() => (error instanceof MapperError ? error : new MapperError(messageOf(error), { cause: error })));

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Calls `send` at these milliseconds: what is sent may be lost. Emits nothing. */
export const repeatedly = (times: readonly number[], send: () => void): Observable<never> =>
  merge(...times.map((at) => timer(at))).pipe(tap(send), ignoreElements());
