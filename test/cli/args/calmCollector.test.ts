import { expect, it } from 'vitest';
import { CALM, CalmCollector, WORTH } from '../../../src/cli/args/calmCollector.ts';

it('collects when nothing happens, and again only when there is enough to collect', () => {
  const now = { busy: 1, used: 20 * WORTH };
  const said: string[] = [];
  const collector = new CalmCollector({
    busy: () => now.busy,
    used: () => now.used,
    collect: () => {
      said.push(`at ${now.used / WORTH}`);
      now.used = 10 * WORTH;
    },
  });
  const look = (busy: number, used = now.used): readonly string[] => {
    Object.assign(now, { busy, used });
    collector.look();
    return said.splice(0);
  };
  expect(look(CALM + 0.01)).toEqual([]);
  expect(look(CALM)).toEqual(['at 20']);
  expect(look(0)).toEqual([]);
  expect(look(0, 11 * WORTH - 1)).toEqual([]);
  expect(look(1, 12 * WORTH)).toEqual([]);
  expect(look(0)).toEqual(['at 12']);
});
