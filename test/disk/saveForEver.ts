import { ended, withStorage } from './opened.ts';
import { bytesOf, torrentOf } from './torrents.ts';

// Run by itself, to be killed: saves notes of one byte each, repeated, of ever other lengths.
await withStorage(torrentOf(), { folder: process.argv[2] as string }, async (storage) => {
  for (let round = 1; ; round++) {
    await ended(storage.notes.save(new Uint8Array(100_000 + (bytesOf(1, round)[0] ?? 0) * 1000).fill(round)));
    if (round === 3) console.log('saving');
  }
});
