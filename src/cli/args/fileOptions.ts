import { APART, flag, type OptionTable, value, values } from './option.ts';

/** What `--files` takes. */
export const FILES = 'Only these files: numbers as shown by info (1,3-5) or a pattern (*.mkv), with ! all but these';

/** Which files of a torrent. */
export const choiceOptions: OptionTable = {
  files: values(FILES, APART.lines),
  choose: flag('Choose the files from a list in the terminal'),
};

/** Where they go, and what they are called. */
export const placeOptions: OptionTable = {
  rename: values('Another name for a file or folder: OLD=NEW, OLD its number or its path in the torrent', APART.lines),
  'incomplete-dir': value('Folder where files are until all are there; then they are moved to that of -o'),
  'move-to': value('Folder that the files are moved to when all are there, also on another disk'),
  part: flag('Call files NAME.part until all are there'),
  adopt: flag('Go on with files that other clients have begun: NAME.part, NAME.!qB and others'),
  similar: values(
    'Copy files that a torrent of version 2 has on disk already: FILE.torrent[=FOLDER], or a folder of both',
    APART.lines,
  ),
  allocate: value('Room for files: sparse (default), as it is written, or full, all at once'),
};

/** Which of them come sooner. */
export const priorityOptions: OptionTable = {
  first: values(
    'Files that come before all others, in the order given: numbers or a pattern, as for --files',
    APART.lines,
  ),
  priority: values('Priority of files: high:, normal: or low: and numbers or a pattern, as for --files', APART.lines),
  preview: flag('Fetch the first and the last piece of films and music early'),
};
