import { expect, it } from 'vitest';
import { mappingTold } from '../../src/cli/log/mapped.ts';
import type { PortMapped } from '../../src/net/nat/portMapped.ts';

const mapped: PortMapped = { by: 'PCP', port: 7000, transports: ['tcp', 'udp'], host: '203.0.113.7' };

/** What is noted, said and told of these. */
const heard = (...steps: readonly (PortMapped | undefined)[]) => {
  const all: { notes: string[]; said: string[]; told: unknown[] } = { notes: [], said: [], told: [] };
  const { portMappingNote } = mappingTold({
    note: (what) => all.notes.push(what),
    say: (line) => all.said.push(line),
    tell: (object) => all.told.push(object),
  });
  for (const [nth, step] of steps.entries()) portMappingNote?.(`step ${nth}`, step);
  return all;
};

it('tells where peers can reach us once, and again when that has changed', () => {
  const moved = { ...mapped, host: '203.0.113.8' };
  const { notes, said, told } = heard(undefined, mapped, mapped, moved);
  expect(notes).toEqual(['step 0', 'step 1', 'step 2', 'step 3']);
  expect(said).toEqual([
    'peers can reach us at 203.0.113.7:7000 (PCP)',
    'peers can reach us at 203.0.113.8:7000 (PCP)',
  ]);
  expect(told).toEqual([
    { type: 'port-mapped', ...mapped },
    { type: 'port-mapped', ...moved },
  ]);
});

it('says nothing of a router that is behind another one, but --json knows that it passes the port on', () => {
  const { said, told } = heard({ by: 'UPnP', port: 7000, transports: ['tcp'] });
  expect([said, told]).toEqual([[], [{ type: 'port-mapped', by: 'UPnP', port: 7000, transports: ['tcp'] }]]);
});

it('needs nobody to say or tell it to', () => {
  const notes: string[] = [];
  mappingTold({ note: (what) => notes.push(what) }).portMappingNote?.('done', mapped);
  expect(notes).toEqual(['done']);
});
