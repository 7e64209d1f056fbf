import { describe, expect, it } from 'vitest';
import { inOrder } from '../../../src/net/names/addressOrder.ts';

describe('the order of addresses', () => {
  it.each<[what: string, ways: Readonly<Record<string, string | undefined>>, order: readonly string[]]>([
    [
      'IPv6 first, where there is IPv6',
      { '192.0.2.1': '10.0.0.2', '2001:db8::1': '2001:db8::2' },
      ['2001:db8::1', '192.0.2.1'],
    ],
    ['what no way leads to last', { '2001:db8::1': undefined, '192.0.2.1': '10.0.0.2' }, ['192.0.2.1', '2001:db8::1']],
    [
      'IPv4 first, where IPv6 is of this house only',
      { '2001:db8::1': 'fd00::2', '192.0.2.1': '10.0.0.2' },
      ['192.0.2.1', '2001:db8::1'],
    ],
    ['IPv4 before 6to4', { '2002::1': '2002::2', '192.0.2.1': '10.0.0.2' }, ['192.0.2.1', '2002::1']],
    ['this machine', { '127.0.0.1': '127.0.0.1', '::1': '::1' }, ['::1', '127.0.0.1']],
    [
      'as they came, if nothing leads anywhere and all are alike',
      { '192.0.2.2': undefined, '192.0.2.1': undefined },
      ['192.0.2.2', '192.0.2.1'],
    ],
  ])('is %s', (_, ways, order) => {
    expect(inOrder(Object.keys(ways), Object.values(ways))).toEqual(order);
  });
});
