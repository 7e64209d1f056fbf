import path from 'node:path';

/** The folders that hold `files`, by their numbers in `paths`, up to and including `roots`; none of no files. */
export const foldersOf = (
  files: readonly number[],
  paths: readonly string[],
  roots: readonly string[],
): readonly string[] => {
  if (files.length === 0) return [];
  const folders = new Set(roots);
  for (const file of files) {
    for (let folder = path.dirname(paths[file] as string); !folders.has(folder); folder = path.dirname(folder))
      folders.add(folder);
  }
  return [...folders];
};
