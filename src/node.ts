import { getRandomValues, randomBytes } from 'node:crypto';
import { openContent } from './disk/content/content.ts';
import { descriptorLimit, shares } from './disk/files/descriptorLimit.ts';
import { openStorage } from './disk/files/fileStorage.ts';
import { stateFolder } from './disk/notes/stateFolder.ts';
import { pieceHasher, verifier, verifiesInThreads } from './disk/hashing/verifier.ts';
import type { CreateEnv, Env } from './contracts/env.ts';
import { connect } from './net/connect.ts';
import { httpGet } from './net/http/http.ts';
import { listenTcp } from './net/listen.ts';
import { bindUdp, resolve } from './net/udp.ts';

/** Random numbers that are asked of the system at one time: one at a time would take a hundred times as long. */
const THROWS = 512;

const dice = (): (() => number) => {
  const thrown = new BigUint64Array(THROWS);
  let left = 0;
  return () => {
    if (left === 0) left = getRandomValues(thrown).length;
    return Number((thrown[--left] as bigint) >> 11n) / 2 ** 53;
  };
};

export interface NodeEnvOptions {
  /** Where notes of complete downloads are kept; `false` for nowhere. `rxtorrent` in the user's state folder. */
  readonly state?: string | false;
}

/** The outside world as Node provides it: sockets, files, threads. */
export const nodeEnv = ({ state = stateFolder() }: NodeEnvOptions = {}): Env & CreateEnv => ({
  connect,
  listen: listenTcp,
  httpGet,
  bindUdp,
  resolve,
  openContent,
  openStorage: (torrent, target) => openStorage(torrent, target, state === false ? undefined : state),
  verify: verifier,
  sharesMemory: verifiesInThreads(),
  hasher: pieceHasher(),
  room: shares(descriptorLimit()),
  random: dice(),
  randomBytes: (length) => new Uint8Array(randomBytes(length)),
});
