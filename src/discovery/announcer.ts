import { defer, type Observable, takeUntil, timer } from 'rxjs';
import { now } from '../clock.ts';
import type { Announced, Env, TrackerStatus, Warning } from '../env.ts';
import { TrackerError } from '../errors.ts';
import type { AnnounceQuery, AnnounceSuccess } from '../protocol/httpTracker.ts';
import { shownUrl } from '../protocol/shownUrl.ts';
import type { Announce } from './announce.ts';
import { URGENCY } from './announceQueue.ts';
import { hostOf } from './families.ts';
import { announceOverHttp } from './httpTracker.ts';
import { defaultPace, type TrackerPace } from './pace.ts';
import type { Tracker } from './tiers.ts';
import { TrackerCommons } from './trackerCommons.ts';
import { announceOverUdp, type UdpEnv } from './udpTracker.ts';

export const NUMWANT = 200;

export type TrackerEnv = Pick<Env, 'httpGet' | 'random'> & UdpEnv;

export interface TrackerPeersOptions {
  /** 20 bytes. */
  readonly infoHash: Uint8Array;
  /** 20 bytes. */
  readonly peerId: Uint8Array;
  /** Where we listen. */
  readonly port: number;
  /** URLs, BEP 12. */
  readonly tiers: readonly (readonly string[])[];
  /** Those of them that people gave themselves: they may lead to private addresses. */
  readonly given?: readonly string[];
  /** Bytes; asked before each announce. */
  readonly totals: () => { readonly uploaded: number; readonly downloaded: number; readonly left: number };
  /** Have we all that we want of it, but not all? Then trackers are told so with each announce. No if not given. BEP 21. */
  readonly partial?: () => boolean;
  /** How many peers are wanted now; while it is above zero, announces come early, and all tiers are asked. */
  readonly wanted$: Observable<number>;
  /** Emits when the last piece is there. What was complete from the start is not announced. */
  readonly completed$: Observable<unknown>;
  readonly report?: (event: Announced | TrackerStatus | Warning) => void;
  /** How often; {@link defaultPace} if not given. */
  readonly pace?: TrackerPace;
  /** Hears at what address a tracker sees us, if it says so. BEP 24. */
  readonly seenAs?: (host: string) => void;
  /** Shared with other torrents; its own if not given. */
  readonly commons?: TrackerCommons | undefined;
}

export type Event = AnnounceQuery['event'];

/**
 * Who speaks to the trackers of one torrent, and tells what they have said. It depends on nothing but what each tracker
 * was told and has answered, which is remembered in its {@link Tracker}.
 */
export class Announcer {
  readonly options: TrackerPeersOptions;
  readonly pace: TrackerPace;
  /** How many peers are wanted now. */
  wanted = 0;
  readonly #announcers: Readonly<Record<string, Announce>>;
  readonly #key: string;
  readonly #commons: TrackerCommons;

  constructor(env: TrackerEnv, options: TrackerPeersOptions) {
    this.options = options;
    this.pace = options.pace ?? defaultPace.trackers;
    this.#key = Buffer.from(env.randomBytes(4)).toString('hex');
    const given = (url: string): boolean => options.given?.includes(url) === true;
    this.#commons = options.commons ?? new TrackerCommons();
    const http = announceOverHttp(env, given, this.#commons.ways);
    this.#announcers = { 'http:': http, 'https:': http, 'udp:': announceOverUdp(env, given, this.#commons.udp) };
  }

  /**
   * Says one thing to one tracker, when it is its turn. `begin` is called then, and says what; `within` milliseconds later it
   * is given up, if that is given.
   */
  send(tracker: Tracker, begin: () => Event, within?: number): Observable<AnnounceSuccess> {
    const { totals } = this.options;
    const active = this.wanted > 0 && totals().left > 0;
    const urgency = within !== undefined ? URGENCY.goodbye : active ? URGENCY.active : URGENCY.other;
    return this.#commons.queue.inTurn(hostOf(tracker.url), urgency, (more) => {
      const answer$ = defer(() => this.#announce(tracker, begin(), more));
      return within === undefined ? answer$ : answer$.pipe(takeUntil(timer(within)));
    });
  }

  #announce(tracker: Tracker, event: Event, more: boolean): Observable<AnnounceSuccess> {
    const { infoHash, peerId, port, totals } = this.options;
    const announce = this.#announcers[/^[a-z]+:/i.exec(tracker.url)?.[0].toLowerCase() ?? ''];
    if (announce === undefined) throw new TrackerError('unsupported-scheme', 'not asked, only http, https and udp are supported', { retryIn: 'never' });
    const numwant = event === 'stopped' ? 0 : NUMWANT;
    return announce(tracker.url, { infoHash, peerId, port, ...totals(), event, numwant, key: this.#key, trackerId: tracker.id }, { more });
  }

  asking(tracker: Tracker): void {
    this.#tell(tracker, 'asking');
  }

  /** `interval` is in milliseconds. */
  answered(tracker: Tracker, { trackerId, externalIp, peers, seeds, leechers, warning }: AnnounceSuccess, interval: number): void {
    const counts = { ...(seeds === undefined ? {} : { seeds }), ...(leechers === undefined ? {} : { leechers }) };
    Object.assign(tracker, { started: true, id: trackerId ?? tracker.id, failures: 0, lastAnswer: now(), counts: { peers: peers.length, ...counts } });
    if (externalIp !== undefined) this.options.seenAs?.(externalIp);
    this.#tell(tracker, 'working');
    this.#report({ type: 'announced', url: tracker.url, peers: peers.length, interval: interval / 1000, ...counts });
    if (warning !== undefined) this.#report({ type: 'warning', code: 'warning-message', message: `${shownUrl(tracker.url)}: warns "${warning}"` });
  }

  failed(tracker: Tracker, { retryIn, code, message }: TrackerError): void {
    tracker.failures++;
    delete tracker.nextAnnounce;
    if (typeof retryIn === 'number') tracker.nextAnnounce = tracker.restsUntil = now() + retryIn * 60_000;
    const name = shownUrl(tracker.url);
    const told = message.startsWith(name) ? message : `${name}: ${message}`;
    this.#tell(tracker, retryIn === 'never' ? 'dropped' : 'failing', { code, message: told });
    this.#report({ type: 'warning', code, message: told });
  }

  #tell(tracker: Tracker, state: TrackerStatus['state'], error?: TrackerStatus['error']): void {
    const { url, tier, failures, lastAnswer, nextAnnounce, counts } = tracker;
    const times = { ...(lastAnswer === undefined ? {} : { lastAnswer }), ...(nextAnnounce === undefined ? {} : { nextAnnounce }) };
    this.#report({ type: 'tracker', url, tier, state, failures, ...(error === undefined ? {} : { error }), ...times, ...counts });
  }

  #report(event: Announced | TrackerStatus | Warning): void {
    this.options.report?.(event);
  }
}
