import { randomBytes } from 'node:crypto';
import { openContent } from './disk/content.ts';
import { openStorage } from './disk/fileStorage.ts';
import { pieceHasher, verifier, verifiesInThreads } from './disk/verifier.ts';
import type { CreateEnv, Env } from './env.ts';
import { connect } from './net/connect.ts';
import { httpGet } from './net/http.ts';
import { listenTcp } from './net/listen.ts';
import { bindUdp, resolve } from './net/udp.ts';

/** The outside world as Node provides it: sockets, files, threads. */
export const nodeEnv = (): Env & CreateEnv => ({
  connect,
  listen: listenTcp,
  httpGet,
  bindUdp,
  resolve,
  openContent,
  openStorage,
  verify: verifier,
  sharesMemory: verifiesInThreads(),
  // A thread that hashes anyway does it as the bytes come.
  ...(!verifiesInThreads() && { hasher: pieceHasher }),
  random: () => randomBytes(6).readUIntBE(0, 6) / 2 ** 48,
  randomBytes: (length) => new Uint8Array(randomBytes(length)),
});
