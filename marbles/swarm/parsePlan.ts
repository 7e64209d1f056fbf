import { InputError } from '../../src/contracts/errors.ts';
import type { SwarmPlan } from './plan.ts';

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isNumber = (value: unknown): boolean => typeof value === 'number' && Number.isFinite(value) && value >= 0;
const isCount = (value: unknown): boolean => Number.isInteger(value) && (value as number) > 0;
const isPieces = (value: unknown): boolean =>
  value === 'all' || (Array.isArray(value) && value.every((piece) => Number.isInteger(piece) && piece >= 0));

type Check = readonly [expected: string, is: (value: unknown) => boolean];
const number: Check = ['a number from 0', isNumber];
const count: Check = ['a whole number from 1', isCount];

const FATES = ['crashes', 'vanishes', 'freezes', 'leaves', 'returns', 'jumps'];
const isFate = ({ does, by }: Readonly<Record<string, unknown>>): boolean =>
  FATES.includes(String(does)) && (does === 'jumps' ? Number.isFinite(by) : by === undefined);
const PLAYS = 'honest corrupts neverUnchokes stalls hangsUp chokes silent garbage wrongInfoHash'.split(' ');

const NATS = ['full-cone', 'restricted', 'port-restricted', 'symmetric'];
const FINDS = ['http', 'udp', 'dht'];
const TCP = ['cubic', 'bbr'];

const HOST: Readonly<Record<string, Check>> = {
  has: ['all, or a list of pieces', isPieces],
  plays: [PLAYS.join(', '), (value) => PLAYS.includes(String(value))],
  up: number,
  down: number,
  delay: number,
  buffer: number,
  queue: number,
  loss: number,
  joins: number,
  jitter: number,
  duplicates: number,
  slots: number,
  memory: number,
  nat: [NATS.join(', '), (value) => NATS.includes(String(value))],
  also: ['a list of addresses', Array.isArray],
  disk: ['an object', isObject],
  fate: [
    `a list of { at, does }, where does is one of ${FATES.join(', ')}; jumps by so many milliseconds`,
    (value) => Array.isArray(value) && value.every((each) => isObject(each) && isNumber(each['at']) && isFate(each)),
  ],
};
const SIZE: Readonly<Record<string, Check>> = { pieces: count, blocksPerPiece: count, lastBlock: count };
const PLAN: Readonly<Record<string, Check>> = {
  seed: number,
  torrent: ['an object', isObject],
  hosts: ['a list of hosts', (value) => Array.isArray(value) && value.length > 0 && value.every(isObject)],
  within: number,
  lasts: number,
  interval: number,
  tcp: [TCP.join(' or '), (value) => TCP.includes(String(value))],
  finds: [
    `a list of ${FINDS.join(', ')}`,
    (value) => Array.isArray(value) && value.every((way) => FINDS.includes(String(way))),
  ],
};

const bad = (why: string): InputError => new InputError('bad-option', `the plan of a swarm: ${why}`);

const check = (
  value: Readonly<Record<string, unknown>>,
  checks: Readonly<Record<string, Check>>,
  where: string,
): void => {
  for (const [name, each] of Object.entries(value)) {
    const known = Object.hasOwn(checks, name) ? checks[name] : undefined;
    if (known === undefined) throw bad(`${where}${name}: expected one of ${Object.keys(checks).join(', ')}`);
    if (!known[1](each)) throw bad(`${where}${name}: expected ${known[0]}`);
  }
};

/** A plan that was written as JSON, checked. @throws InputError `bad-option` */
export const parsePlan = (text: string): SwarmPlan => {
  let plan: unknown;
  try {
    plan = JSON.parse(text);
  } catch (error) {
    throw bad(error instanceof Error ? error.message : String(error));
  }
  if (!isObject(plan)) throw bad('expected an object');
  check(plan, PLAN, '');
  if (plan['hosts'] === undefined) throw bad('hosts: expected a list of hosts');
  check((plan['torrent'] ?? {}) as Readonly<Record<string, unknown>>, SIZE, 'torrent.');
  for (const [nth, host] of (plan['hosts'] as readonly Readonly<Record<string, unknown>>[]).entries())
    check(host, HOST, `hosts[${nth}].`);
  return plan as unknown as SwarmPlan;
};
