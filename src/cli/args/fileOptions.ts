import { APART, flag, type OptionTable, values } from './option.ts';

/** What `--files` takes. */
export const FILES = 'Only these files: numbers as shown by info (1,3-5) or a pattern (*.mkv), with ! all but these';

/** Which files of a torrent. */
export const choiceOptions: OptionTable = {
  files: values(FILES, APART.lines),
  choose: flag('Choose the files from a list in the terminal'),
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
