/** Letters to insert, remove, replace or swap with their neighbour to turn `a` into `b`. */
const edits = (a: string, b: string): number => {
  const rows = [Array.from({ length: b.length + 1 }, (_, at) => at)];
  const far = (i: number, j: number): number => rows[i]?.[j] ?? 0;
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    rows.push(row);
    for (let j = 1; j <= b.length; j++) {
      const swapped =
        i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
          ? far(i - 2, j - 2) + 1
          : Number.POSITIVE_INFINITY;
      row.push(
        Math.min(far(i - 1, j) + 1, far(i, j - 1) + 1, far(i - 1, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1), swapped),
      );
    }
  }
  return far(a.length, b.length);
};

/** The word most similar to `typed`, if any is similar. */
export const nearest = (typed: string, words: readonly string[]): string | undefined => {
  const word = typed.slice(0, 40);
  const [best] = words.map((each) => ({ each, far: edits(word, each) })).sort((a, b) => a.far - b.far);
  if (best && best.far <= Math.max(1, Math.floor(best.each.length / 3))) return best.each;
  return word.length >= 2 ? words.find((each) => each.startsWith(word)) : undefined;
};
