import { EMPTY, lastValueFrom, of } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { noteSound } from '../../../src/cli/input/sound.ts';
import type { FileStamp, Storage } from '../../../src/contracts/storage.ts';
import { decodeResume, type ResumeNote } from '../../../src/torrent/pieces/resumeNote.ts';
import { torrentOf } from '../../disk/torrents.ts';

const torrent = torrentOf({
  files: [
    { path: ['a'], length: 50 },
    { path: ['pad'], length: 14, padding: true },
  ],
});

const noted = async (stamp: FileStamp, began: number): Promise<ResumeNote> => {
  let note: ResumeNote | undefined;
  const storage = {
    stamps: () => of([stamp, { size: -1, mtime: 0 }]),
    notes: {
      boot: 'now',
      save: (bytes: Uint8Array) => {
        note = decodeResume(bytes, torrent);
        return EMPTY;
      },
    },
  };
  const env = { openStorage: () => of(storage as unknown as Storage) };
  await lastValueFrom(noteSound(torrent, { folder: '.' }, env, began), { defaultValue: undefined });
  return note as ResumeNote;
};

describe('the note of content that a torrent was just made of', () => {
  const stamp = { size: 50, mtime: 1000, ctime: 2000, ino: 1 };

  it('says that no piece needs another check, if no file has changed since hashing began', async () => {
    const note = await noted(stamp, 2200);
    expect(note).toMatchObject({ sound: true, clean: false, boot: 'now' });
    expect(note.have.full).toBe(true);
  });

  it('does not say so of files that may have changed meanwhile', async () => {
    expect(await noted(stamp, 1900)).toMatchObject({ sound: false });
    expect(await noted(stamp, 2050)).toMatchObject({ sound: false });
    expect(await noted({ ...stamp, mtime: 3000 }, 2200)).toMatchObject({ sound: false });
    expect(await noted({ size: 50, mtime: 1000 }, 2200)).toMatchObject({ sound: false });
  });
});
