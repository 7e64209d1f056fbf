import { identity, take } from 'rxjs';
import { InputError } from '../../contracts/errors.ts';
import { now } from '../../contracts/clock.ts';
import { type Outdated, type Published, publishKey } from '../../discovery/dht/publications.ts';
import { KEY_LENGTH, MAX_SALT, publicKeyOf } from '../../protocol/dht/item.ts';
import { toHex } from '../../protocol/encoding/id.ts';
import { flag, text } from '../args/values.ts';
import { discovery } from '../input/discoveryOptions.ts';
import { keyIn } from '../input/keyFile.ts';
import { publicationTold } from '../input/publisher.ts';
import { sourceArgument } from '../input/sourceArgument.ts';
import { GaveUp } from '../io/exit.ts';
import { follow } from '../io/follow.ts';
import type { Given, Io } from '../io/io.ts';
import { counted } from '../io/units.ts';
import { begin } from '../json/known.ts';
import { loggedWorld } from '../log/loggedWorld.ts';

/** @throws InputError */
const saltOf = (given: Given): Uint8Array | undefined => {
  const salt = text(given, 'salt');
  if (salt === undefined) return undefined;
  const bytes = new TextEncoder().encode(salt);
  if (bytes.length <= MAX_SALT) return bytes;
  throw new InputError('bad-option', `--salt: has ${bytes.length} bytes: at most ${MAX_SALT} are possible`);
};

/** @throws InputError */
const keyPathOf = (given: Given): string => {
  const path = text(given, 'key');
  if (path !== undefined) return path;
  throw new InputError('bad-option', 'publish: --key names the file with your private key; --create-key makes one');
};

/** Versions are seconds since 1970, so that one which all nodes have forgotten is not given twice. */
const versionNow = (): number => Math.floor(now() / 1000);

/** `rxtorrent publish`: exit 0 with `--once`, if a node has taken it; otherwise it goes on until the user stops it. */
export const publish = async (given: Given, io: Io): Promise<void> => {
  const [path, salt, once] = [keyPathOf(given), saltOf(given), flag(given, 'once')];
  const env = await loggedWorld(given, io.say, io.stopped);
  const { dht$ } = discovery(given, env);
  if (dht$ === undefined) throw new InputError('bad-option', 'publish: there is nothing but the DHT to publish in');
  const source = String(given['source']);
  const it = await sourceArgument(source, env, io);
  if (it.torrent?.private === true)
    throw new InputError('unsupported', 'publish: the torrent is private, so nobody is told of it by the DHT (BEP 27)');
  const create = flag(given, 'create-key') ? () => env.randomBytes(KEY_LENGTH) : undefined;
  const seed = keyIn(path, { create, say: io.say });
  const publisher = { key: publicKeyOf(seed), ...(salt && { salt }) };
  const hash = begin(io, source, it);
  let printed = false;
  const see = (put: Published | Outdated): void => {
    if (!('nodes' in put))
      throw new GaveUp(
        'outdated',
        `another program has published ${toHex(put.outdated.infoHash)} with this key meanwhile: that is left in place`,
      );
    if (put.nodes === 0 && once)
      throw new GaveUp('no-peers', 'no node of the DHT has taken it: is this machine online? Or give --bootstrap');
    const told = publicationTold(publisher, put);
    io.json?.tell({ ...told, nodes: put.nodes }, hash);
    io.say(`version ${put.seq} is kept by ${counted(put.nodes, 'node')} of the DHT`);
    if (!printed && io.json === undefined) io.print(told.link);
    printed = true;
  };
  const puts$ = publishKey(dht$, it.findable.infoHash, { seed, salt, least: versionNow() });
  await follow(puts$.pipe(once ? take(1) : identity), io, see);
};
