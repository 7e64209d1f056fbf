const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const;

/** `1536` → `1.5 KiB`: three figures at most. */
export const bytes = (count: number): string => {
  if (!Number.isFinite(count) || count < 0) return '?';
  let value = count;
  let unit = 0;
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1024;
    unit++;
  }
  const digits = unit === 0 || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
  return `${value.toFixed(digits)} ${UNITS[unit]}`;
};

/** `42.4 of 64.0 MiB`, `512 KiB of 64.0 MiB`: the unit is said once where it is the same. */
export const bytesOf = (part: number, whole: number): string => {
  const [few = '', unit = ''] = bytes(part).split(' ');
  const all = bytes(whole);
  return all.endsWith(` ${unit}`) ? `${few} of ${all}` : `${bytes(part)} of ${all}`;
};

/** Bytes a second. */
export const rate = (perSecond: number): string => `${bytes(perSecond)}/s`;

const parts = [
  [86_400, 'd'],
  [3600, 'h'],
  [60, 'min'],
  [1, 's'],
] as const;

/** Seconds → `1 h 4 min`: the two largest units that say something. */
export const duration = (seconds: number): string => {
  if (!Number.isFinite(seconds) || seconds < 0) return '?';
  if (seconds < 9.95) return `${seconds < 0.05 ? 0 : seconds.toFixed(1).replace(/\.0$/, '')} s`;
  let rest = Math.round(seconds);
  if (rest >= 86_400_000) return 'more than 1000 d';
  const words: string[] = [];
  for (const [size, unit] of parts) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count > 0) words.push(`${count} ${unit}`);
    else if (words.length > 0) break;
    if (words.length === 2) break;
  }
  return words.join(' ');
};

/** Seconds → `1 h`: one unit, in six columns. */
export const roughly = (seconds: number): string =>
  seconds >= 999.5 * 86_400 ? '999+ d' : duration(seconds).split(' ').slice(0, 2).join(' ');

/** `3`, `piece` → `3 pieces`. */
export const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;

/** Part of a whole in percent, never `100.0` before all is there. */
export const percent = (part: number, whole: number): string => {
  if (whole <= 0 || part >= whole) return '100 %';
  return `${(Math.floor((part / whole) * 1000) / 10).toFixed(1)} %`;
};

/** `[1, 2, 3, 7]` → `['1–3', '7']`, in order. */
export const ranges = (numbers: readonly number[]): readonly string[] => {
  const sorted = [...numbers].sort((a, b) => a - b);
  const found: [first: number, last: number][] = [];
  for (const number of sorted) {
    const open = found.at(-1);
    if (open && number <= open[1] + 1) open[1] = number;
    else found.push([number, number]);
  }
  return found.map(([first, last]) => (first === last ? String(first) : `${first}–${last}`));
};
