import { toHex } from '../../protocol/encoding/id.ts';
import type { Torrent } from '../../torrent/metainfo/metainfo.ts';
import type { Span } from '../../torrent/metainfo/selection.ts';
import { parseChoices } from '../choice/choices.ts';
import { Deadline } from '../io/deadline.ts';
import type { Given, Io } from '../io/io.ts';
import { begin } from '../json/known.ts';
import { ofMagnet, readMagnet } from '../input/sourceArgument.ts';
import { found, torrentIn } from '../input/torrentFile.ts';
import { said } from '../input/stdin.ts';
import { flag, seconds, texts } from '../args/values.ts';
import { infoLines, infoObject, SHOWN_HASHES } from '../views/info.ts';

/** What a download with the same options would fetch; undefined if nothing says that it is not all. */
const selectionOf = async (
  torrent: Torrent,
  values: readonly string[],
  linked: readonly Span[] | undefined,
): Promise<readonly Span[] | undefined> => {
  if (values.length === 0) return linked;
  // All that is there is a choice, too, if somebody has made it.
  return (
    (await import('../choice/chooseFiles.ts')).chooseFiles(torrent, parseChoices(values)) ?? [
      [0, torrent.files.length - 1],
    ]
  );
};

/** `rxtorrent info`. */
export const info = async (given: Given, io: Io): Promise<void> => {
  const values = texts(given, 'files');
  // Refused before anybody is asked.
  parseChoices(values);
  const within = seconds(given, 'timeout');
  // One limit for all of it: a link that a web server sends us on to has what is left of the time.
  const deadline = within === undefined ? undefined : new Deadline(within);
  const name = String(given['source']);
  // Whoever reads a file waits for nothing of the network.
  const world = async () => (await import('../log/loggedWorld.ts')).loggedWorld(given, io.say);
  const source = await found(await said(name, io), io, world);
  const magnet = readMagnet(source.what);
  if (magnet) begin(io, name, ofMagnet(magnet));
  const torrent = magnet
    ? await (await import('../input/magnetTorrent.ts')).magnetTorrent(magnet, given, io, deadline)
    : await torrentIn(source, io);
  if (!magnet) begin(io, name, { findable: torrent, peers: [], torrent });
  const selection = await selectionOf(torrent, values, magnet?.select);
  const all = flag(given, 'pieces');
  if (io.json) io.json.tell(infoObject(torrent, all, selection), toHex(torrent.infoHash));
  else io.print(infoLines(torrent, all ? Number.POSITIVE_INFINITY : SHOWN_HASHES, selection).join('\n'));
};
