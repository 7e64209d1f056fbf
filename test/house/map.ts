import { type Finding, type Source } from './source.ts';

/** A row of the map: a room, what is in it, and its files. */
const ROW = /^\| `((?:[a-z]+\/)+)` \| [^|]+ \| ([A-Za-z0-9 ]*) \|$/gm;

const roomsOf = (paths: readonly string[]): ReadonlyMap<string, readonly string[]> => {
  const rooms = new Map<string, string[]>();
  for (const path of paths) {
    const [, room, file] = /^src\/((?:[a-z]+\/)+)([A-Za-z0-9]+)\.ts$/.exec(path) ?? [];
    if (room !== undefined && file !== undefined) rooms.set(room, [...(rooms.get(room) ?? []), file]);
  }
  return rooms;
};

/** The map in src/README.md has each room, and in it each file. */
export const unmapped = (map: Pick<Source, 'path' | 'text'>, paths: readonly string[]): readonly Finding[] => {
  const drawn = new Map(
    [...map.text.matchAll(ROW)].map(([, room = '', files = '']) => [
      room,
      files.split(' ').filter(Boolean).sort().join(' '),
    ]),
  );
  const there = roomsOf(paths);
  const line = 1;
  return [
    ...[...there].flatMap(([room, files]) => {
      const expected = [...files].sort().join(' ');
      return drawn.get(room) === expected ? [] : [{ path: map.path, line, what: `${room} holds: ${expected}` }];
    }),
    ...[...drawn.keys()]
      .filter((room) => !there.has(room))
      .map((room) => ({ path: map.path, line, what: `there is no ${room}` })),
  ];
};
