import { catchError, defer, from, map, merge, type Observable, takeUntil, tap, throwError, timer } from 'rxjs';
import { now } from '../../contracts/clock.ts';
import type { Env } from '../../contracts/env.ts';
import type { Announced, TrackerStatus, Warning } from '../../contracts/events.ts';
import type { PeerAddress } from '../../contracts/network.ts';
import { TrackerError } from '../../contracts/errors.ts';
import type { AnnounceQuery, AnnounceSuccess } from '../../protocol/tracker/httpTrackerReply.ts';
import { shownUrl } from '../../protocol/tracker/shownUrl.ts';
import type { Announce, Manner } from './announce.ts';
import { URGENCY } from './announceQueue.ts';
import { hostOf } from './families.ts';
import { announceOverHttp } from './httpTracker.ts';
import { namedPeers } from './namedPeers.ts';
import { defaultPace, type TrackerPace } from '../pace.ts';
import type { Reasons } from './reasons.ts';
import { statusOf, type Tracker } from './tiers.ts';
import { TrackerCommons } from './trackerCommons.ts';
import { announceOverUdp } from './udpTracker.ts';
import type { UdpEnv } from './udpConversation.ts';

export const NUMWANT = 200;
/**
 * The port for trackers that refuse port 0, when we do not listen. BEP 3 and 15 have no way to say that a peer cannot
 * be dialled. Port 0 comes closest, since clients ignore such peers. Some trackers consider it an error; no peer uses
 * port 1 either.
 */
const PORT_OF_NOBODY = 1;

/**
 * Does a tracker refuse because of the port? Trackers that answer only with a status just say that the request was bad.
 */
const refusesPort = ({ reason = '', status }: TrackerError): boolean => /\bport\b/i.test(reason) || status === 400;

export type TrackerEnv = Pick<Env, 'httpGet' | 'random'> & UdpEnv;

export interface TrackerPeersOptions {
  /** 20 bytes. */
  readonly infoHash: Uint8Array;
  /** 20 bytes. */
  readonly peerId: Uint8Array;
  /** The TCP port on which we listen; 0 if peers cannot connect to us. */
  readonly port: number;
  /** URLs, BEP 12. */
  readonly tiers: readonly (readonly string[])[];
  /** The URLs among them that the user has given: they may lead to private addresses. */
  readonly given?: readonly string[];
  /** Totals in bytes; called before each announce. */
  readonly totals: () => { readonly uploaded: number; readonly downloaded: number; readonly left: number };
  /**
   * Do we have all wanted files, but not the whole torrent? Then trackers are told so with each announce. Default:
   * false. BEP 21.
   */
  readonly partial?: () => boolean;
  /** Number of peers wanted now; while it is above zero, announces are more frequent, and all tiers are asked. */
  readonly wanted$: Observable<number>;
  /** Emits when the last piece is there. A torrent that was complete from the start is not announced as completed. */
  readonly completed$: Observable<unknown>;
  readonly report?: (event: Announced | TrackerStatus | Warning) => void;
  /** How often trackers are asked. Default: that of {@link defaultPace}. */
  readonly pace?: TrackerPace;
  /** Called with our address as a tracker sees it, if it tells us. BEP 24. */
  readonly seenAs?: (host: string) => void;
  /** Is called with the tiers, which show at any time what is known of their trackers. */
  readonly tiered?: ((tiers: readonly { readonly statuses: readonly TrackerStatus[] }[]) => void) | undefined;
  /** State shared with other torrents. Default: its own. */
  readonly commons?: TrackerCommons | undefined;
}

export type Event = AnnounceQuery['event'];

/**
 * Talks to the trackers of one torrent, and reports their answers. Depends only on what each tracker was told and has
 * answered, which is kept in its {@link Tracker}.
 */
export class Announcer {
  readonly options: TrackerPeersOptions;
  readonly pace: TrackerPace;
  /** Number of peers wanted now. */
  wanted = 0;
  readonly #announcers: Readonly<Record<string, Announce>>;
  readonly #key: string;
  readonly #commons: TrackerCommons;
  readonly #env: TrackerEnv;

  constructor(env: TrackerEnv, options: TrackerPeersOptions) {
    this.#env = env;
    this.options = options;
    this.pace = options.pace ?? defaultPace.trackers;
    this.#key = Buffer.from(env.randomBytes(4)).toString('hex');
    const given = (url: string): boolean => options.given?.includes(url) === true;
    this.#commons = options.commons ?? new TrackerCommons();
    const http = announceOverHttp(env, given, this.#commons.ways);
    this.#announcers = { 'http:': http, 'https:': http, 'udp:': announceOverUdp(env, given, this.#commons.udp) };
  }

  /**
   * Announces to one tracker when it is its turn. `begin` is called then, and returns the event. If `within` is given,
   * the announce is given up after so many milliseconds. `sent` is called when it leaves, as {@link Announce} does.
   */
  send(tracker: Tracker, begin: () => Event, within?: number, sent?: () => void): Observable<AnnounceSuccess> {
    const { totals } = this.options;
    const lacks = totals().left > 0;
    const active = this.wanted > 0 && lacks;
    const urgency = within !== undefined ? URGENCY.goodbye : active ? URGENCY.active : URGENCY.other;
    const host = hostOf(tracker.url);
    const { dead, queue } = this.#commons;
    return queue.inTurn(host, urgency, (more) => {
      const answer$ = defer(() => {
        const event = begin();
        // A torrent that lacks pieces always tries for itself.
        const refusal = lacks ? undefined : dead.refusal(host);
        if (refusal !== undefined) return throwError(() => refusal);
        const told = { next: () => dead.answered(host), error: (error: unknown) => dead.failed(host, error) };
        return this.#announce(tracker, event, { more, sent }).pipe(tap(told));
      });
      return within === undefined ? answer$ : answer$.pipe(takeUntil(timer(within)));
    });
  }

  #announce(tracker: Tracker, event: Event, manner: Manner): Observable<AnnounceSuccess> {
    const { infoHash, peerId, port: given, totals } = this.options;
    const announce = this.#announcers[/^[a-z]+:/i.exec(tracker.url)?.[0].toLowerCase() ?? ''];
    if (announce === undefined)
      throw new TrackerError('unsupported-scheme', 'not announced to: only http, https and udp are supported', {
        retryIn: 'never',
      });
    const numwant = event === 'stopped' ? 0 : NUMWANT;
    const query = { infoHash, peerId, ...totals(), event, numwant, key: this.#key, trackerId: tracker.id };
    const ask = (port: number) => announce(tracker.url, { ...query, port }, manner);
    if (given !== 0 || tracker.insists) return ask(given || PORT_OF_NOBODY);
    const insists = (error: unknown) => {
      if (!(error instanceof TrackerError) || !refusesPort(error)) throw error;
      return ask(PORT_OF_NOBODY).pipe(tap(() => (tracker.insists = true)));
    };
    return ask(0).pipe(catchError(insists));
  }

  /** The peers of a reply; those that are given by host names follow when the names have been resolved. */
  peersOf({ peers, named = [] }: AnnounceSuccess): Observable<PeerAddress> {
    return merge(from(peers), namedPeers(this.#env, named)).pipe(
      map(({ host, port }): PeerAddress => ({ host, port, source: 'tracker' })),
    );
  }

  /** A random factor, at least 1, by which the delay until a tier is asked again is extended. */
  lateness(): number {
    return 1 + this.pace.spread * this.#env.random();
  }

  asking(tracker: Tracker): void {
    this.#tell(tracker, 'asking');
  }

  /** `interval` is in milliseconds. */
  answered(
    tracker: Tracker,
    { trackerId, externalIp, peers: found, named = [], seeds, leechers, warning }: AnnounceSuccess,
    interval: number,
  ): void {
    const peers = found.length + named.length;
    const counts = { ...(seeds === undefined ? {} : { seeds }), ...(leechers === undefined ? {} : { leechers }) };
    tracker.warned.clear();
    Object.assign(tracker, {
      started: true,
      id: trackerId ?? tracker.id,
      failures: 0,
      lastAnswer: now(),
      counts: { peers, ...counts },
    });
    if (externalIp !== undefined) this.options.seenAs?.(externalIp);
    this.#tell(tracker, 'working');
    this.#report({ type: 'announced', url: tracker.url, peers, interval: interval / 1000, ...counts });
    if (warning !== undefined)
      this.#warn(tracker.advised, {
        type: 'warning',
        code: 'warning-message',
        message: `${shownUrl(tracker.url)}: warns "${warning}"`,
        url: tracker.url,
      });
    else tracker.advised.clear();
  }

  failed(tracker: Tracker, { retryIn, code, message }: TrackerError): void {
    tracker.failures++;
    delete tracker.nextAnnounce;
    if (typeof retryIn === 'number')
      tracker.nextAnnounce = tracker.restsUntil = now() + Math.round(retryIn * 60_000 * this.lateness());
    const name = shownUrl(tracker.url);
    const told = message.startsWith(name) ? message : `${name}: ${message}`;
    this.#tell(tracker, retryIn === 'never' ? 'dropped' : 'failing', { code, message: told });
    this.#warn(tracker.warned, { type: 'warning', code, message: told, url: tracker.url });
  }

  /** Warns of each reason once: the same failure at the next attempt is no news. */
  #warn(told: Reasons, warning: Warning): void {
    if (told.isNew(`${warning.code} ${warning.message}`)) this.#report(warning);
  }

  #tell(tracker: Tracker, state: TrackerStatus['state'], error?: TrackerStatus['error']): void {
    tracker.state = state;
    tracker.error = error;
    const status = statusOf(tracker);
    if (status !== undefined) this.#report(status);
  }

  #report(event: Announced | TrackerStatus | Warning): void {
    this.options.report?.(event);
  }
}
