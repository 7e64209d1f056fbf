import { seeded } from '../random.ts';

/** The middle one; of an even number of them the mean of the two in the middle. NaN for none. */
export const median = (numbers: readonly number[]): number => {
  const sorted = [...numbers].sort((one, other) => one - other);
  const [low = NaN, high = NaN] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]];
  return low === high ? low : (low + high) / 2;
};

/** Samples that are drawn of the differences. */
const RESAMPLES = 2000;
/** The confidence with which an interval holds the true median. */
const CONFIDENCE = 0.95;

/**
 * The interval that holds the median of what these numbers are a sample of, with a confidence of 95 %: by the
 * bootstrap, from the medians of two thousand samples of the sample. The same in every run.
 */
export const intervalOf = (numbers: readonly number[]): readonly [low: number, high: number] => {
  const random = seeded(1);
  const pick = (): number => numbers[Math.floor(random() * numbers.length)] ?? NaN;
  const medians = Array.from({ length: RESAMPLES }, () => median(Array.from(numbers, pick))).sort((a, b) => a - b);
  const tail = Math.floor((RESAMPLES * (1 - CONFIDENCE)) / 2);
  return [medians[tail] ?? NaN, medians[RESAMPLES - 1 - tail] ?? NaN];
};
