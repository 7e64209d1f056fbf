import { parseRanges } from '../../src/protocol/blocklist/parseRanges.ts';
import { figure, measure, median, spread, table } from './measure.ts';

const RANGES = 300_000;
const LOOKUPS = 1_000_000;
const ROUNDS = 7;

const ip = (value: number): string => [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255].join('.');

const list = (): Uint8Array => {
  const lines = Array.from({ length: RANGES }, (_, each) => {
    const start = each * 14_000;
    return `Some organisation, name ${each}:${ip(start)}-${ip(start + 5_000)}`;
  });
  return Buffer.from(lines.join('\n'));
};

const bytes = list();
const { ranges } = parseRanges(bytes);
const hosts = Array.from({ length: 1000 }, (_, each) => ip(each * 4_294_967));
const lookUp = (): void => {
  for (let each = 0; each < LOOKUPS; each++) ranges.has(hosts[each % hosts.length] ?? '');
};
const taken = await measure({ load: () => void parseRanges(bytes), lookUp }, ROUNDS);
table(
  `blocklist of ${RANGES.toLocaleString('en')} ranges (medians of ${ROUNDS})`,
  ['', 'time', 'spread'],
  [
    ['load', `${figure(median(taken.load))} ms`, spread(taken.load)],
    ['look an address up', `${figure((median(taken.lookUp) / LOOKUPS) * 1e6)} ns`, spread(taken.lookUp)],
  ],
);
