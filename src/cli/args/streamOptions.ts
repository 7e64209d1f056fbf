import { type OptionTable, value } from './option.ts';
import { downloadOptions } from './options.ts';

/** What a stream decides itself, or has no use for. */
const NOT = new Set([
  ...['files', 'choose', 'max-active', 'order', 'recheck', 'seed', 'record', 'record-limit', 'mask'],
]);

export const streamOptions: OptionTable = {
  file: value('Only this file, by its number as shown by info'),
  player: value('Program that is opened with the URL, for example mpv'),
  'http-port': value('TCP port to serve at, 1–65535 (default: a free one)'),
  host: value('Address to serve at instead of 127.0.0.1; the path has a secret then'),
  ...Object.fromEntries(Object.entries(downloadOptions).filter(([name]) => !NOT.has(name))),
};
