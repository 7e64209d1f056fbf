import type { Env } from '../../contracts/env.ts';
import { wholeNumber } from '../args/values.ts';
import type { Given, Io } from '../io/io.ts';
import { begin } from '../json/known.ts';
import { loggedWorld } from '../log/loggedWorld.ts';
import { type Discovery, discovery, trackersFor } from './discoveryOptions.ts';
import { type SourceArgument, sourceArgument } from './sourceArgument.ts';

/** The torrent that a command looks for peers of, and where it looks. */
export interface Lookup extends SourceArgument {
  readonly env: Env;
  /** The info-hash, of which all objects of `--json` tell. */
  readonly hash: string;
  /** The sources of peers, and the peers that the user and the link name. */
  readonly asked: Discovery & { readonly trackers: readonly (readonly string[])[] };
  /** The port that trackers are told, if the user gives one. */
  readonly port: number | undefined;
}

export interface LookupOptions {
  /** Says a line of the log; to stderr if absent. */
  readonly say?: (line: string) => void;
  /** The file or folder that is written. */
  readonly target?: string;
  /** Is called with what the torrent is, to refuse arguments that do not fit it. */
  readonly checked?: (it: SourceArgument) => void;
}

/**
 * Reads the torrent, and the options that say where to look for its peers.
 *
 * @throws InputError, and GaveUp if there is nobody to ask
 */
export const lookup = async (
  given: Given,
  io: Io,
  { say = io.say, target, checked = () => {} }: LookupOptions = {},
): Promise<Lookup> => {
  const port = wholeNumber(given, 'port', 1, 65_535);
  const env = await loggedWorld(given, say, io.stopped);
  const who = discovery(given, env);
  const source = String(given['source']);
  const it = await sourceArgument(source, env, io, who.dht$);
  const hash = begin(io, source, it, target);
  checked(it);
  const known = { ...who, peers: [...(who.peers ?? []), ...it.peers] };
  const trackers = trackersFor({ announce: [], private: false, ...it.findable }, known);
  return { ...it, env, hash, port, asked: { ...known, trackers } };
};
