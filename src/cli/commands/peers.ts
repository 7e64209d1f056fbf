import {
  catchError,
  defaultIfEmpty,
  EMPTY,
  filter,
  map,
  mergeMap,
  type Observable,
  of,
  take,
  takeUntil,
  timer,
} from 'rxjs';
import { distinctPeers } from '../../../operators/distinctPeers.ts';
import { scrape } from '../../discovery/trackers/scrape.ts';
import type { Env } from '../../contracts/env.ts';
import type { Announced, TrackerStatus, Warning } from '../../contracts/events.ts';
import { TrackerError } from '../../contracts/errors.ts';
import { ourPeerId } from '../../protocol/encoding/id.ts';
import { shownUrl } from '../../protocol/tracker/shownUrl.ts';
import { type Findable, type SourceOptions, sources } from '../../discovery/peerSources.ts';
import { UNKNOWN_LEFT } from '../../download/state/downloadStats.ts';
import { give, tryAgain } from '../io/advice.ts';
import { Deadline } from '../io/deadline.ts';
import { GaveUp } from '../io/exit.ts';
import { follow } from '../io/follow.ts';
import type { Given, Io } from '../io/io.ts';
import type { Journal } from '../json/journal.ts';
import { lookup } from '../input/lookup.ts';
import { type Ourselves, ourselves } from '../input/ourselves.ts';
import { flag, seconds, wholeNumber } from '../args/values.ts';
import { told } from '../views/events.ts';
import { peerEvent, type PeerEvent, peerLine, scrapedEvent, type ScrapedEvent } from '../views/peers.ts';

/** Trackers scraped at the same time. */
const AT_ONCE = 10;

interface Asked extends Pick<SourceOptions, 'dht$' | 'lsd'> {
  readonly trackers: readonly (readonly string[])[];
  readonly us: Ourselves;
}

type Tidings = PeerEvent | ScrapedEvent | Announced | TrackerStatus | Warning;

/** Peers from all sources but ourselves, each once; `report` gets the events of the sources meanwhile. */
const discovered = (
  torrent: Findable & { readonly length?: number },
  env: Env,
  { us, ...asked }: Asked,
  report: (event: Tidings) => void,
) =>
  sources(env, torrent, {
    ...asked,
    port: us.port,
    seenAs: (host) => us.seenAs(host),
    peerId: ourPeerId(env),
    totals: () => ({ uploaded: 0, downloaded: 0, left: torrent.length ?? UNKNOWN_LEFT }),
    wanted$: of(1),
    report,
  }).pipe(
    filter((address) => !us.are(address)),
    distinctPeers(),
    map(peerEvent),
  );

/** The counts of each tracker; a tracker that can't be scraped is a warning. */
const scraped = ({ infoHash, announce = [] }: Findable, env: Env, { trackers }: Asked): Observable<Tidings> =>
  of(...new Set(trackers.flat())).pipe(
    mergeMap((url) => {
      const failed = (error: unknown): Observable<Warning> => {
        if (!(error instanceof TrackerError)) throw error;
        return of({ type: 'warning', code: error.code, message: error.message });
      };
      return scrape(env, url, [infoHash], (each) => !announce.flat().includes(each)).pipe(
        map((counts): Tidings => scrapedEvent(url, counts)),
        defaultIfEmpty<Tidings, Tidings>({
          type: 'warning',
          code: 'unknown-torrent',
          message: `${shownUrl(url)}: does not track this torrent`,
        }),
        catchError(failed),
      );
    }, AT_ONCE),
  );

const tellOf = (json: Journal, event: Tidings, hash: string): void =>
  event.type === 'peer' || event.type === 'scraped' ? json.tell(event, hash) : json.event(event, hash);

/** `rxtorrent peers`: exit 0 when there was at least one peer, or with `--scrape` one tracker that answered. */
export const peers = async (given: Given, io: Io): Promise<void> => {
  const count = wholeNumber(given, 'count', 1, 1_000_000) ?? Number.POSITIVE_INFINITY;
  const within = seconds(given, 'timeout');
  const deadline = within === undefined ? undefined : new Deadline(within);
  const { env, findable, torrent = findable, hash, port, asked: known } = await lookup(given, io);
  const asked = { ...known, us: ourselves(env, port) };
  let found = 0;
  const tell = (event: Tidings): void => {
    const result = event.type === 'peer' || event.type === 'scraped';
    if (result) found++;
    if (io.json) return tellOf(io.json, event, hash);
    const line = peerLine(event, told(given, event));
    if (line !== undefined) (result ? io.print : io.say)(line);
  };
  const tidings$: Observable<Tidings> = flag(given, 'scrape')
    ? scraped(torrent, env, asked)
    : discovered(torrent, env, asked, tell).pipe(take(count));
  const late$ = deadline === undefined ? EMPTY : timer(deadline.left);
  await follow(tidings$.pipe(takeUntil(late$)), io, tell);
  if (found > 0) return;
  if (flag(given, 'scrape'))
    throw new GaveUp('no-peers', `no tracker has answered the scrape${give(given, 'another')}`);
  if (within === undefined)
    throw new GaveUp('no-peers', `no peer found, and no source of peers is left${give(given, 'another')}`);
  throw new GaveUp('timeout', `no peer found within ${within} s: ${tryAgain(given)}`);
};
