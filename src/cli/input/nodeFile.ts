import { closeSync, mkdirSync, openSync, readSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import {
  catchError,
  defer,
  finalize,
  ignoreElements,
  interval,
  merge,
  type Observable,
  of,
  shareReplay,
  switchMap,
  tap,
  throwError,
} from 'rxjs';
import { stateFolder } from '../../disk/notes/stateFolder.ts';
import { type DhtEnv, type DhtNode, dhtNode, type DhtNodeOptions } from '../../discovery/dht/node.ts';
import { decodeSavedNodes, encodeSavedNodes, type SavedNodes } from '../../discovery/dht/savedNodes.ts';
import { addressKey } from '../../protocol/encoding/address.ts';
import { portAdvice } from '../io/advice.ts';

/** Milliseconds between two writes while the node runs, since it may be killed. */
const SAVE_EVERY = 5 * 60_000;
/** With fewer nodes than this, those of the run before are kept beside them. */
const ENOUGH = 50;
/** Bytes of a file that can be one of ours. */
const MAX_FILE = 65_536;

/** The file with the nodes of the DHT that the run before knew. */
export const defaultNodeFile = (
  environment: NodeJS.ProcessEnv = process.env,
  platform: NodeJS.Platform = process.platform,
): string => join(stateFolder(environment, platform), 'dht-nodes');

/** Undefined if there is no valid file of ours: then the node asks the bootstrap nodes. */
export const loadNodes = (file: string): SavedNodes | undefined => {
  const bytes = new Uint8Array(MAX_FILE);
  try {
    const fd = openSync(file, 'r');
    try {
      return decodeSavedNodes(bytes.subarray(0, readSync(fd, bytes)));
    } finally {
      closeSync(fd);
    }
  } catch {
    return undefined;
  }
};

/**
 * Replaces the file as a whole, or not at all: that it can't be written is no failure, the next run asks the bootstrap
 * nodes.
 */
export const saveNodes = (file: string, saved: SavedNodes): void => {
  const draft = `${file}.${process.pid}`;
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    try {
      writeFileSync(draft, encodeSavedNodes(saved), { mode: 0o600 });
      renameSync(draft, file);
    } finally {
      rmSync(draft, { force: true });
    }
  } catch {
    return;
  }
};

/** What is known now; after a short run, what was known before beside it. */
const worthKeeping = ({ id, nodes }: SavedNodes, before: SavedNodes | undefined): SavedNodes => {
  if (nodes.length >= ENOUGH || before === undefined) return { id, nodes };
  const known = new Set(nodes.map(addressKey));
  return { id, nodes: [...nodes, ...before.nodes.filter((node) => !known.has(addressKey(node)))] };
};

/**
 * Our DHT node, one for all subscribers. It begins with the nodes in `file`, and saves the nodes that it knows there,
 * every five minutes and when the last subscriber has left.
 */
export const keptNode = (env: DhtEnv, file: string, options: DhtNodeOptions): Observable<DhtNode> =>
  defer(() => {
    const before = loadNodes(file);
    const save = (node: DhtNode): void => {
      const known = node.nodes();
      if (known.nodes.length > 0) saveNodes(file, worthKeeping(known, before));
    };
    return dhtNode(env, { ...options, saved: before }).pipe(
      catchError((error: unknown) => throwError(() => portAdvice(error, 'dht-port'))),
      switchMap((node) => {
        const saving$ = interval(SAVE_EVERY).pipe(
          tap(() => save(node)),
          ignoreElements(),
        );
        return merge(of(node), saving$).pipe(finalize(() => save(node)));
      }),
    );
  }).pipe(shareReplay({ bufferSize: 1, refCount: true }));
