import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { stateFolder } from '../../disk/notes/stateFolder.ts';
import { keyTarget } from '../../protocol/dht/item.ts';
import type { Publication, PublisherKey } from '../../protocol/dht/publication.ts';
import { parseId, toHex } from '../../protocol/encoding/id.ts';

/** Where it is noted what a publisher's key named last. */
const fileOf = ({ key, salt }: PublisherKey): string => join(stateFolder(), 'publishers', toHex(keyTarget(key, salt)));

/** What the key named in an earlier run, if that is known. */
export const notedPublication = (publisher: PublisherKey): Publication | undefined => {
  try {
    const [, seq, hash] = /^(\d{1,16}) ([0-9a-f]{40})\n$/.exec(readFileSync(fileOf(publisher), 'latin1')) ?? [];
    return hash === undefined || !Number.isSafeInteger(Number(seq))
      ? undefined
      : { seq: Number(seq), infoHash: parseId(hash) };
  } catch {
    return undefined;
  }
};

/** Notes what the key names now. That it can't be written is no failure: the next run believes what the DHT says. */
export const notePublication = (publisher: PublisherKey, { seq, infoHash }: Publication): void => {
  const file = fileOf(publisher);
  const draft = `${file}.${process.pid}`;
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    try {
      writeFileSync(draft, `${seq} ${toHex(infoHash)}\n`, { mode: 0o600 });
      renameSync(draft, file);
    } finally {
      rmSync(draft, { force: true });
    }
  } catch {
    return;
  }
};
