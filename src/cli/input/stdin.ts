import { InputError } from '../../contracts/errors.ts';
import { MAX_LINK } from '../../torrent/metainfo/magnet.ts';
import { readBytes } from './files.ts';
import type { Io } from '../io/io.ts';

/** 40 hexadecimal or 32 base32 digits. */
export const INFO_HASH = /^([0-9a-f]{40}|[a-z2-7]{32})$/i;
/** A .torrent never begins with one of these. */
const LINK = /^(magnet:|https?:\/\/)/i;

const HINT = 'pipe something into it, as in rxtorrent info - < x.torrent';

/**
 * Resolves a source on the command line: itself, or for `-` the content of stdin. That is text if it is one magnet
 * link, info-hash or URL, with blanks and newlines around it, and otherwise the bytes of a .torrent.
 *
 * @throws InputError when stdin is a terminal, is empty, has been read already, or holds several links
 */
export const said = async (source: string, io: Pick<Io, 'stopped'>): Promise<string | Uint8Array> => {
  if (source !== '-') return source;
  // On a terminal the command would seem to hang: the user does not know that it waits for input.
  if (process.stdin.isTTY) throw new InputError('bad-option', `-: stdin is a terminal: ${HINT}`);
  const bytes = await readBytes('-', io);
  const text = Buffer.from(bytes.subarray(0, MAX_LINK + 1))
    .toString('utf8')
    .trim();
  if (bytes.length <= MAX_LINK && text === '') throw new InputError('bad-option', `-: stdin is empty: ${HINT}`);
  const [first = '', ...more] = text.split(/\s*[\r\n]\s*/);
  if (!LINK.test(first) && !INFO_HASH.test(first)) return bytes;
  if (more.length > 0)
    throw new InputError('bad-option', `-: stdin has ${more.length + 1} lines: give one link or info-hash at a time`);
  return first;
};

/** Refuses to read stdin for two of `sources`. @throws InputError */
export const checkStdin = (sources: readonly string[]): void => {
  const times = sources.filter((source) => source === '-').length;
  if (times > 1)
    throw new InputError('bad-option', `-: stdin can be read only once, and - is given ${times} times: name it once`);
};
