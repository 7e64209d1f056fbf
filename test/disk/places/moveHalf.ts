import { relocate } from '../../../src/disk/places/relocate.ts';

/** Moves a file, and is killed when it was asked so many times whether it is still wanted: `moveHalf FROM TO N`. */
const [from = '', to = '', times = ''] = process.argv.slice(2);
let left = Number(times);
const wanted = (): boolean => {
  if (left-- === 0) process.kill(process.pid, 'SIGKILL');
  return true;
};
void relocate({ from, to, half: `${to}.half`, force: false, wanted });
