import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { FileRoots } from '../../torrent/metainfo/fileRoots.ts';
import { blockHashes } from '../../torrent/metainfo/merkle.ts';

/** Bytes that are read at a time; they are a piece of the tree. */
const CHUNK = 2 ** 20;

const { O_RDONLY, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = constants;

/**
 * The root by which version 2 of a torrent knows a file (BEP 52), of any length but 0; undefined for a file that is no
 * file of this length, or once `alive` is false.
 */
export const rootOfFile = async (
  name: string,
  length: number,
  alive: () => boolean = () => true,
): Promise<Uint8Array | undefined> => {
  const file = await open(name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  try {
    const stat = await file.stat();
    if (!stat.isFile() || stat.size !== length || length === 0) return undefined;
    const roots = new FileRoots([{ path: [name], length }], CHUNK);
    const chunk = new Uint8Array(Math.min(CHUNK, length));
    for (let at = 0; at < length; at += CHUNK) {
      const wanted = Math.min(CHUNK, length - at);
      for (let done = 0; done < wanted; ) {
        const { bytesRead } = await file.read(chunk, done, wanted - done, at + done);
        if (bytesRead === 0 || !alive()) return undefined;
        done += bytesRead;
      }
      roots.add(at / CHUNK, blockHashes(chunk.subarray(0, wanted)));
    }
    return roots.files()[0]?.root;
  } finally {
    await file.close();
  }
};
