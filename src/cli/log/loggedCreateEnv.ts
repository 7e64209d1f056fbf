import { map, tap } from 'rxjs';
import type { CreateEnv } from '../../contracts/env.ts';
import type { Content } from '../../contracts/storage.ts';
import { visible } from '../io/text.ts';
import { messageOf } from './peerLog.ts';
import { counted } from '../io/units.ts';
import type { Note, Room } from '../args/logRooms.ts';

const loggedContent = (content: Content, note: (what: string) => void): Content => ({
  ...content,
  digests: (files, pieceLength, version) =>
    content.digests(files, pieceLength, version).pipe(
      tap({
        subscribe: () => note(`hash ${counted(files.length, 'file')}, pieces of ${counted(pieceLength, 'byte')}`),
        next: ({ index }) => note(`piece ${index} hashed`),
        error: (error: unknown) => note(messageOf(error)),
      }),
    ),
});

/** The world of the code that makes a torrent; `listen` hears what is done on disk. */
export const loggedCreateEnv = (env: CreateEnv, rooms: readonly Room[], listen: (note: Note) => void): CreateEnv => ({
  openContent: (path, options) => {
    if (!rooms.includes('disk')) return env.openContent(path, options);
    const who = visible(path);
    const note = (what: string): void => listen({ room: 'disk', direction: '·', who, what });
    return env.openContent(path, options).pipe(
      tap({
        subscribe: () => note('look for files'),
        next: ({ files }) => note(`${counted(files.length, 'file')} found`),
        error: (error: unknown) => note(messageOf(error)),
      }),
      map((content) => loggedContent(content, note)),
    );
  },
});
