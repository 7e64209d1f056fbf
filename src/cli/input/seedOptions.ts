import type { SeedOptions } from '../../download/limits/seedGoal.ts';
import { InputError } from '../../contracts/errors.ts';
import type { Given } from '../io/io.ts';
import { flag, seconds, text, wholeNumber } from '../args/values.ts';

/** Whether, and for how long, a complete torrent is seeded. */
export const seedingOf = (given: Given, always: boolean): SeedOptions | undefined => {
  const limits = {
    ratio: ratioOf(given),
    time: milliseconds(given, 'seed-time'),
    idle: milliseconds(given, 'seed-idle'),
    ...(flag(given, 'super-seed') && { super: true }),
  };
  const asked = Object.entries(limits).find(([, value]) => value !== undefined);
  if (always || flag(given, 'seed')) return limits;
  if (asked === undefined) return undefined;
  const option = { ratio: 'ratio', time: 'seed-time', idle: 'seed-idle', super: 'super-seed' }[asked[0]];
  throw new InputError('bad-option', `--${option} says how to seed: give --seed, too`);
};

/** Upload slots. */
export const slotsOf = (given: Given): { readonly slots?: number } => {
  const slots = wholeNumber(given, 'slots', 1, 500);
  return slots === undefined ? {} : { slots };
};

const milliseconds = (given: Given, option: string): number | undefined => {
  const got = seconds(given, option);
  return got === undefined ? undefined : got * 1000;
};

const ratioOf = (given: Given): number | undefined => {
  const got = text(given, 'ratio');
  if (got === undefined) return undefined;
  const ratio = /^\d{1,6}(\.\d{1,6})?$/.test(got) ? Number(got) : Number.NaN;
  if (!(ratio > 0))
    throw new InputError('bad-option', `--ratio ${JSON.stringify(got)}: expected a number above 0, for example 1.5`);
  return ratio;
};
