const UNITS = [
  ['d', 86_400],
  ['h', 3600],
  ['m(?:in)?', 60],
  ['s', 1],
] as const;

const NUMBER = String.raw`(\d{1,9}(?:\.\d{1,9})?)`;
const PARTS = new RegExp(String.raw`^(?=\d)${UNITS.map(([unit]) => `(?:${NUMBER} ?${unit} ?)?`).join('')}(?<! )$`, 'i');
const BARE = new RegExp(`^${NUMBER}$`);

/**
 * Seconds of a time such as `90`, `90s`, `5m`, `1.5h`, `1h30m` or `1 d 2 h`, as `duration` prints it; NaN for any other
 * text.
 */
export const secondsOf = (text: string): number => {
  const bare = BARE.exec(text);
  if (bare) return Number(bare[1]);
  const parts = PARTS.exec(text);
  return parts ? UNITS.reduce((sum, [, size], at) => sum + Number(parts[at + 1] ?? 0) * size, 0) : Number.NaN;
};
