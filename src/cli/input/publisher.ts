import { filter, map, type Observable, take, takeUntil, tap, timer } from 'rxjs';
import { InputError } from '../../contracts/errors.ts';
import type { Warning } from '../../contracts/events.ts';
import type { ToldAs } from '../../contracts/json/told.ts';
import type { DhtNode } from '../../discovery/dht/node.ts';
import { followKey } from '../../discovery/dht/publications.ts';
import type { Publication, PublisherKey } from '../../protocol/dht/publication.ts';
import { equalIds, toHex } from '../../protocol/encoding/id.ts';
import { formatKeyLink } from '../../torrent/metainfo/keyLink.ts';
import { type MagnetLink, parseMagnet } from '../../torrent/metainfo/magnet.ts';
import { GaveUp } from '../io/exit.ts';
import { follow } from '../io/follow.ts';
import type { Io } from '../io/io.ts';
import { visible } from '../io/text.ts';
import { notedPublication, notePublication } from './publisherNote.ts';

/** Lookups that find nothing before a key is given up. */
const LOOKUPS = 3;
/** Milliseconds for them: the DHT may not be reached at all. */
const PATIENCE = 60_000;

/** A link to a publisher's key, and what it names now. */
export interface Followed {
  readonly magnet: MagnetLink;
  readonly publication: ToldAs<'publication'>;
  /** Warns of each newer torrent that the publisher names; does not complete. */
  readonly newer$: Observable<Warning>;
}

/** As one object. */
export const publicationTold = (publisher: PublisherKey, { seq, infoHash }: Publication): ToldAs<'publication'> => ({
  type: 'publication',
  key: toHex(publisher.key),
  ...(publisher.salt && { salt: toHex(publisher.salt) }),
  seq,
  infoHash: toHex(infoHash),
  link: formatKeyLink(publisher),
});

/** The rest of the link, trackers and peers, is of the torrent that it leads to. */
const linkTo = (link: string, infoHash: Uint8Array): MagnetLink => {
  const magnet = parseMagnet(`${link.trim()}&xt=urn:btih:${toHex(infoHash)}`);
  return { ...magnet, ignored: magnet.ignored.filter((part) => !/^xs: urn:btpk:/i.test(part)) };
};

const newerThan = (publisher: PublisherKey, node$: Observable<DhtNode>, known: Publication): Observable<Warning> =>
  followKey(node$, publisher, known.seq).pipe(
    filter((found) => found !== undefined),
    filter(({ seq, infoHash }) => seq > known.seq && !equalIds(infoHash, known.infoHash)),
    map((found) => ({
      type: 'warning',
      code: 'newer-version',
      message: `the publisher names a newer torrent now, ${toHex(found.infoHash)}: it is downloaded at the next start`,
    })),
  );

/** What is said when the torrent is not the one of the run before. */
const changeOf = (noted: Publication | undefined, { infoHash }: Publication): string =>
  noted === undefined || equalIds(noted.infoHash, infoHash)
    ? ''
    : `, and no longer ${toHex(noted.infoHash)}: it has been replaced since the last run`;

/**
 * Asks the DHT which torrent a publisher's key names. One that is older than in an earlier run is not believed; if the
 * DHT knows nothing, that of the earlier run is taken.
 *
 * @throws InputError, GaveUp
 */
export const followed = async (
  link: string,
  publisher: PublisherKey,
  node$: Observable<DhtNode> | undefined,
  io: Pick<Io, 'say' | 'stopped'>,
): Promise<Followed> => {
  if (node$ === undefined)
    throw new InputError('bad-option', `${visible(link)}: only the DHT knows what a key names: leave out --no-dht`);
  const noted = notedPublication(publisher);
  let now: Publication | undefined;
  const looks$ = followKey(node$, publisher, noted?.seq).pipe(
    // What an earlier run has found is good enough.
    take(noted === undefined ? LOOKUPS : 1),
    tap((found) => (now = found)),
    filter((found) => found !== undefined),
    take(1),
    takeUntil(timer(PATIENCE)),
  );
  await follow(looks$, io, () => undefined);
  if (now === undefined && noted !== undefined)
    io.say(`the DHT knows nothing newer of this publisher than the run before: ${toHex(noted.infoHash)} is taken`);
  const found = now ?? noted;
  if (found === undefined)
    throw new GaveUp('no-peers', `${visible(link)}: no node of the DHT knows what this key names: try again later`);
  notePublication(publisher, found);
  io.say(`the publisher's key names ${toHex(found.infoHash)}${changeOf(noted, found)}`);
  return {
    magnet: linkTo(link, found.infoHash),
    publication: publicationTold(publisher, found),
    newer$: newerThan(publisher, node$, found),
  };
};
