import { ended, withStorage } from './opened.ts';
import { bytesOf, torrentOf } from './torrents.ts';

// Run by itself, with few file descriptors: prepares, writes, syncs and reads 5000 files in the folder given.
const torrent = torrentOf({
  pieceLength: 16_384,
  files: Array.from({ length: 5000 }, (_, n) => ({ path: [`d${n % 9}`, `f${n}`], length: 7 })),
});
const data = bytesOf(torrent.length);
await withStorage(torrent, { folder: process.argv[2] as string }, async (storage) => {
  await Promise.all(
    Array.from({ length: 8 }, (_, n) => ended(storage.write(n * 4375, data.subarray(n * 4375, (n + 1) * 4375)))),
  );
  await ended(storage.finish());
  await ended(storage.flush());
  const back = new Uint8Array(data.length);
  await ended(storage.read(0, back));
  console.log(`5000 files, ${Buffer.compare(back, data) === 0 ? 'the same' : 'something else'} back`);
});
