import { InputError } from '../../contracts/errors.ts';
import * as faults from '../../faults/index.ts';
import { nearest } from '../args/nearest.ts';
import { secondsOf } from '../args/time.ts';
import { texts } from '../args/values.ts';
import { visible } from '../io/text.ts';
import type { Given } from '../io/io.ts';

/** A fraction from 0 to 1 such as `0.01` or `1%`; NaN for any other text. */
const fractionOf = (text: string): number => {
  const [, number, percent] = /^(\d{1,3}(?:\.\d{1,9})?)(%?)$/.exec(text) ?? [];
  const fraction = Number(number) / (percent === '%' ? 100 : 1);
  return fraction <= 1 ? fraction : Number.NaN;
};

/** Milliseconds above 0 of a time such as `50ms` or `1.5s`; NaN for any other text. */
const millisecondsOf = (text: string): number => {
  const [, number] = /^(\d{1,9}(?:\.\d{1,3})?)ms$/.exec(text) ?? [];
  const time = number === undefined ? secondsOf(text) * 1000 : Number(number);
  return time > 0 && time <= 3_600_000 ? time : Number.NaN;
};

/** Bytes a second such as `500K` or `2M`; NaN for any other text. */
const rateOf = (text: string): number => {
  const [, number, unit = ''] = /^(\d{1,9}(?:\.\d{1,6})?)([kmg]?)$/i.exec(text) ?? [];
  const rate = Number(number) * 1024 ** ['', 'k', 'm', 'g'].indexOf(unit.toLowerCase());
  return rate > 0 ? rate : Number.NaN;
};

interface Kind {
  readonly read: (text: string) => number;
  readonly expected: string;
  readonly fault: (value: number, options: faults.FaultOptions) => faults.Fault;
}

const fraction = (fault: Kind['fault']): Kind => ({
  read: fractionOf,
  expected: 'a fraction such as 0.01 or 1%',
  fault,
});
const time = (fault: Kind['fault']): Kind => ({ read: millisecondsOf, expected: 'a time such as 50ms or 2s', fault });

const KINDS: Readonly<Record<string, Kind>> = {
  lossy: fraction(faults.lossy),
  delayed: time(faults.delayed),
  throttled: { read: rateOf, expected: 'bytes a second such as 500K or 2M', fault: faults.throttled },
  cut: time(faults.cut),
  failing: fraction(faults.failing),
  lying: fraction(faults.lying),
  frozen: time(faults.frozen),
  reordered: fraction(faults.reordered),
  duplicated: fraction(faults.duplicated),
};

/** The faults that `--faults` can name. */
export const FAULTS = Object.keys(KINDS);

const bad = (got: string, why: string): InputError => new InputError('bad-option', `--faults ${visible(got)}: ${why}`);

/**
 * The faults that `--faults` asks for, such as `lossy=0.01,delayed=50ms`; none if it is absent. `told` is called with
 * the name of a fault each time that it shows.
 *
 * @throws InputError
 */
export const faultsOf = (given: Given, told: (name: string) => void = () => undefined): readonly faults.Fault[] =>
  texts(given, 'faults')
    .flatMap((each) => each.split(','))
    .map((each, nth) => {
      const [name = '', value = ''] = each.split('=');
      const kind = KINDS[name];
      if (kind === undefined) {
        const like = nearest(name, FAULTS);
        throw bad(each, like ? `did you mean ${like}?` : `expected some of ${FAULTS.join(', ')}, each =value`);
      }
      const number = kind.read(value);
      if (Number.isNaN(number)) throw bad(each, `expected ${kind.expected}`);
      return kind.fault(number, { seed: nth + 1, told: () => told(name) });
    });
