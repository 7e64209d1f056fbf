import type { Caps } from './caps.ts';

/** Where these lists are, for messages. What is on them is to become less: a cap is lowered, never raised. */
export const LISTS = 'test/house/lists.ts';

/** Subjects, by room. */
export const SUBJECTS: Caps = { operators: 2, discovery: 16, world: 6, download: 6 };

/** State of modules, and why it is nobody else's. */
export const MODULE_STATE: Readonly<Record<string, string>> = {
  'src/download/storage/checkBuffers.ts kept': 'memory to check pieces in is used again by all torrents',
  'src/disk/files/descriptors.ts descriptors':
    'the system counts the open files of a process, whichever torrent they are of',
  'src/disk/files/lockFile.ts owners':
    'a lock is held by the process, and one that is given back is waited for by the next that asks',
  'src/disk/hashing/threads.ts pools': 'all torrents of the process share its threads',
  'src/disk/notes/boot.ts known':
    'the machine does not start anew while the process runs, and reading when it did takes time',
  'src/net/http/http.ts lines': 'connections are kept for whoever asks next, as by the agents that Node has',
  'src/net/socketWire.ts chunk':
    'a chunk is lent until `next` returns, so that one buffer of 1 MiB does for all sockets',
  'src/net/socketWire.ts buffers': 'memory to write from is used again by all wires',
};

/**
 * Classes that claim an invariant which nothing checks yet: theirs is a `check()` that throws, and a test that calls
 * it.
 */
export const UNCHECKED: readonly string[] = [];

/** Functions that are too long, and their lines. */
export const LONG_FUNCTIONS: Caps = {};

/** Files that are too long, and their lines. */
export const LONG_FILES: Caps = {};
