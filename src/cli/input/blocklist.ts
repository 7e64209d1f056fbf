import { readFile, stat } from 'node:fs/promises';
import { InputError } from '../../contracts/errors.ts';
import type { BlockNote } from '../../net/blocklist/blockNote.ts';
import { MAX_LIST_BYTES, readBlocklist } from '../../net/blocklist/readBlocklist.ts';
import { Blocklist } from '../../protocol/blocklist/blocklist.ts';
import type { IpRanges } from '../../protocol/blocklist/ipRanges.ts';
import { parseRanges } from '../../protocol/blocklist/parseRanges.ts';
import { shownUrl } from '../../protocol/tracker/shownUrl.ts';
import { texts } from '../args/values.ts';
import type { Given, Io } from '../io/io.ts';
import { visible } from '../io/text.ts';
import { counted } from '../io/units.ts';
import { hostPort } from '../views/events.ts';
import { asInputError, readFault } from './files.ts';
import { abortion, followed } from '../io/follow.ts';
import type { Web } from './torrentUrl.ts';

/** Milliseconds for a list on a web server. */
const WITHIN = 60_000;

const isUrl = (source: string): boolean => /^https?:\/\//i.test(source);

const ofFile = async (path: string): Promise<Uint8Array> => {
  try {
    if ((await stat(path)).size > MAX_LIST_BYTES)
      throw new InputError('bad-option', `--blocklist ${visible(path)}: it is longer than 64 MiB`);
    return await readFile(path);
  } catch (error) {
    if (error instanceof InputError) throw error;
    throw readFault(`--blocklist ${visible(path)}`, error);
  }
};

const ofUrl = async (url: string, { httpGet }: Pick<Web, 'httpGet'>, stopped: AbortSignal): Promise<Uint8Array> => {
  const where = `--blocklist ${shownUrl(url)}`;
  let body: Uint8Array | undefined;
  let status = 0;
  try {
    const reply$ = httpGet({ url, maxBytes: MAX_LIST_BYTES, timeout: WITHIN });
    await followed(reply$, (reply) => ({ body, status } = reply), abortion(stopped));
  } catch (error) {
    if (stopped.aborted || !(error instanceof Error)) throw error;
    throw new InputError('bad-option', `--blocklist ${error.message}: try again later, or name a file`, {
      cause: error,
    });
  }
  if (status !== 200 || body === undefined)
    throw new InputError('bad-option', `${where}: the server answered ${status}: check the address`);
  return body;
};

const listed = (source: string, bytes: Uint8Array, say: Io['say']): IpRanges => {
  const where = `--blocklist ${isUrl(source) ? shownUrl(source) : visible(source)}`;
  try {
    const { ranges, malformed, firstMalformed } = readBlocklist(bytes);
    if (malformed > 0)
      say(`warning: ${where}: ${counted(malformed, 'line')} not understood and left out, first line ${firstMalformed}`);
    return ranges;
  } catch (error) {
    throw asInputError(where, error);
  }
};

const allowedOf = (given: Given): readonly IpRanges[] =>
  texts(given, 'allow').map((each) => {
    const { ranges, malformed } = parseRanges(new TextEncoder().encode(each));
    if (malformed === 0 && ranges.size === 1) return ranges;
    const expected = 'expected an address, a network or a range, such as 192.0.2.0/24';
    throw new InputError('bad-option', `--allow ${JSON.stringify(each)}: ${expected}`);
  });

/**
 * What `--blocklist` and `--allow` say, if anything; lists on web servers are asked for by `web`.
 *
 * @throws InputError: without its list nothing may leave
 */
export const blocklistOf = async (
  given: Given,
  web: () => Pick<Web, 'httpGet'>,
  say: Io['say'],
  stopped: AbortSignal,
): Promise<Blocklist | undefined> => {
  const sources = texts(given, 'blocklist');
  const allowed = allowedOf(given);
  if (sources.length === 0) {
    if (allowed.length === 0) return undefined;
    throw new InputError('bad-option', '--allow makes exceptions from a blocklist: give --blocklist, too');
  }
  const lists: IpRanges[] = [];
  for (const source of sources) {
    if (source === '') throw new InputError('bad-option', '--blocklist is empty: give it a value');
    lists.push(listed(source, isUrl(source) ? await ofUrl(source, web(), stopped) : await ofFile(source), say));
  }
  return new Blocklist(lists, allowed);
};

/** Says once of each peer that the user has named that it is blocked. */
export const sayBlocked = (say: Io['say']): ((note: BlockNote) => void) => {
  const said = new Set<string>();
  return ({ direction, address }) => {
    const who = hostPort(address);
    if (direction !== '>' || address.source !== 'manual' || said.has(who)) return;
    said.add(who);
    say(`warning: ${who} is on the blocklist, and is not called: --allow ${visible(address.host)} makes an exception`);
  };
};
