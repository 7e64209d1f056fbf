import { InputError } from '../../contracts/errors.ts';
import type { CreateEnv, Env } from '../../contracts/env.ts';
import { nodeEnv, type NodeEnvOptions } from '../../node.ts';
import type { BlockNote } from '../../net/blocklist/blockNote.ts';
import type { Given } from '../io/io.ts';
import { BOOTSTRAP } from '../../discovery/dht/bootstrap.ts';
import { ENCRYPTIONS, type EncryptionNote } from '../../net/mse/encryption.ts';
import type { UtpNote } from '../../net/utp/utpNote.ts';
import type { ProxyNote } from '../../net/proxy/proxyNote.ts';
import { bindOf, proxyOf } from '../input/network.ts';
import { type MappingHeard, mappingTold } from './mapped.ts';
import { address, flag, oneOf, seconds, texts } from '../args/values.ts';
import type { Web } from '../input/torrentUrl.ts';
import type { Note, Room } from '../args/logRooms.ts';

/** Hears what the world does by itself. */
interface Log {
  encryption?: (note: EncryptionNote) => void;
  utp?: (note: UtpNote) => void;
  block?: (note: BlockNote) => void;
  proxy?: (note: ProxyNote) => void;
  nat?: (what: string) => void;
}

/** The options of the network. */
const networkOf = async (
  given: Given,
  log: Log,
  { say, stopped, tell }: { say: (line: string) => void; stopped: AbortSignal; tell: MappingHeard['tell'] },
): Promise<NodeEnvOptions> => {
  const encryption = oneOf(given, 'encryption', ENCRYPTIONS);
  const bind = bindOf(given);
  const [tcp, utp] = [!flag(given, 'no-tcp'), !flag(given, 'no-utp')];
  if (!tcp && !utp) throw new InputError('bad-option', '--no-tcp and --no-utp: no peer can be reached by neither');
  const proxy = proxyOf(given);
  const basic: NodeEnvOptions = {
    ...(encryption && { encryption }),
    ...(bind && { bind }),
    ...(flag(given, 'anonymous') && { anonymous: true }),
    ...{ tcp, utp },
    ...(!flag(given, 'no-port-mapping') &&
      mappingTold({ note: (what) => log.nat?.(what), tell, say: flag(given, 'quiet') ? undefined : say })),
    ...(proxy && {
      proxy,
      // A port that is asked for is opened past the proxy.
      listenBesideProxy: given['port'] !== undefined,
      proxyNote: (note: ProxyNote) => log.proxy?.(note),
    }),
  };
  if (given['blocklist'] === undefined && given['allow'] === undefined) return basic;
  const { blocklistOf, sayBlocked } = await import('../input/blocklist.ts');
  const blocklist = await blocklistOf(given, () => nodeEnv(basic), say, stopped);
  const warn = sayBlocked(say);
  const blockNote = (note: BlockNote): void => {
    warn(note);
    log.block?.(note);
  };
  return { ...basic, ...(blocklist && { blocklist, blockNote }) };
};

/**
 * The outside world for one command, and how long the user waits for it. It keeps no notes if `notes` is false; with
 * `--verbose` all that is said to it and by it is a line for `say`. `mapped` hears where peers can reach us.
 */
export const loggedWorld = async (
  given: Given,
  say: (line: string) => void,
  stopped: AbortSignal = new AbortController().signal,
  mapped?: MappingHeard['tell'],
): Promise<Env & CreateEnv & Web> => {
  const rooms = (given['rooms'] ?? []) as readonly Room[];
  const within = seconds(given, 'timeout');
  const log: Log = {};
  const ours = nodeEnv({
    ...(given['notes'] === false && { state: false }),
    ...(await networkOf(given, log, { say, stopped, tell: mapped })),
    ...(rooms.includes('mse') && { encryptionNote: (note) => log.encryption?.(note) }),
    ...(rooms.includes('utp') && { utpNote: (note) => log.utp?.(note) }),
  });
  const env = { ...ours, ...(within !== undefined && { patience: within * 1000 }) };
  if (rooms.length === 0) return env;
  const [{ loggedEnv, roadNote, blockNote, natNote, proxyNote }, { loggedCreateEnv }, { noteLine }] = await Promise.all(
    [import('./loggedEnv.ts'), import('./loggedCreateEnv.ts'), import('../views/note.ts')],
  );
  const named = new Set(
    [...BOOTSTRAP, ...texts(given, 'bootstrap').map((each) => address('bootstrap', each))].map(({ host }) => host),
  );
  const tell = (note: Note): void => say(noteLine(note, new Date()));
  log.encryption = (note) => tell(roadNote('mse', note));
  log.utp = (note) => tell(roadNote('utp', note));
  log.proxy = (note) => rooms.includes('proxy') && tell(proxyNote(note));
  log.nat = (what) => rooms.includes('nat') && tell(natNote(what));
  log.block = (note) => rooms.includes('block') && tell(blockNote(note));
  return { ...env, ...loggedEnv(env, rooms, tell, (host) => named.has(host)), ...loggedCreateEnv(env, rooms, tell) };
};
