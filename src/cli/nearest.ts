/** Letters to insert, remove or replace to turn `a` into `b` (Levenshtein). */
const edits = (a: string, b: string): number => {
  let above = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (const [i, letter] of [...a].entries()) {
    const row = [i + 1];
    for (let j = 0; j < b.length; j++) row.push(Math.min((above[j + 1] ?? 0) + 1, (row[j] ?? 0) + 1, (above[j] ?? 0) + (letter === b[j] ? 0 : 1)));
    above = row;
  }
  return above[b.length] ?? 0;
};

/** The word most like `typed`, if one is like it at all. */
export const nearest = (typed: string, words: readonly string[]): string | undefined => {
  const word = typed.slice(0, 40);
  const [best] = words.map((each) => ({ each, far: edits(word, each) })).sort((a, b) => a.far - b.far);
  if (best && best.far <= Math.max(1, Math.floor(best.each.length / 3))) return best.each;
  return word.length >= 2 ? words.find((each) => each.startsWith(word)) : undefined;
};
