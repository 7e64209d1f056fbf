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

/** The files that a download with the same options would fetch; undefined without a choice. */
const selectionOf = async (
  torrent: Torrent,
  values: readonly string[],
  linked: readonly Span[] | undefined,
): Promise<readonly Span[] | undefined> => {
  if (values.length === 0) return linked;
  // A choice of all files is a choice, too, if the user made it.
  return (
    (await import('../choice/chooseFiles.ts')).chooseFiles(torrent, parseChoices(values)) ?? [
      [0, torrent.files.length - 1],
    ]
  );
};

/** `rxtorrent info`. */
export const info = async (given: Given, io: Io): Promise<void> => {
  const values = texts(given, 'files');
  // Refused before the network is used.
  parseChoices(values);
  const within = seconds(given, 'timeout');
  // One limit for everything: a link that a web server redirects to has the rest of the time.
  const deadline = within === undefined ? undefined : new Deadline(within);
  const name = String(given['source']);
  // Reading a file does not load the network modules.
  const world = async () => (await import('../log/loggedWorld.ts')).loggedWorld(given, io.say, io.stopped);
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
