import type { SwarmHost, SwarmPlan } from './plan.ts';

/** What a host may do without. */
const SPARE = [
  'fate',
  'disk',
  'loss',
  'buffer',
  'joins',
  'slots',
  'memory',
  'nat',
  'jitter',
  'duplicates',
  'has',
  'delay',
  'down',
  'up',
] as const;

/** Every plan that is a little less than this one, the greatest steps first. */
function* smaller(plan: SwarmPlan): Generator<SwarmPlan> {
  const { hosts, torrent = {} } = plan;
  const withHost = (nth: number, host: SwarmHost): SwarmPlan => ({ ...plan, hosts: hosts.with(nth, host) });
  for (const nth of hosts.keys()) yield { ...plan, hosts: hosts.toSpliced(nth, 1) };
  const { pieces = 2, blocksPerPiece = 2, lastBlock, ...rest } = torrent;
  const sized = (size: NonNullable<SwarmPlan['torrent']>): SwarmPlan => ({ ...plan, torrent: { ...rest, ...size } });
  const last = lastBlock === undefined ? {} : { lastBlock };
  for (const fewer of [Math.ceil(pieces / 2), pieces - 1])
    if (fewer > 0 && fewer < pieces) yield sized({ pieces: fewer, blocksPerPiece, ...last });
  if (blocksPerPiece > 1) yield sized({ pieces, blocksPerPiece: Math.floor(blocksPerPiece / 2), ...last });
  if (lastBlock !== undefined) yield sized({ pieces, blocksPerPiece });
  const { finds, ...byHttp } = plan;
  if (finds !== undefined) yield byHttp;
  for (const [nth, host] of hosts.entries()) {
    for (const name of SPARE) {
      const { [name]: given, ...without } = host;
      if (given !== undefined && (name !== 'has' || given !== 'all')) yield withHost(nth, without);
    }
    const { fate = [] } = host;
    for (const at of fate.keys()) if (fate.length > 1) yield withHost(nth, { ...host, fate: fate.toSpliced(at, 1) });
  }
}

/** Pieces that a host has and that there are not any more. */
const fitting = (plan: SwarmPlan): SwarmPlan => ({
  ...plan,
  hosts: plan.hosts.map((host) =>
    typeof host.has === 'object'
      ? { ...host, has: host.has.filter((piece) => piece < (plan.torrent?.pieces ?? 2)) }
      : host,
  ),
});

/**
 * Makes a plan smaller as long as it still fails: fewer hosts, a smaller torrent, fewer faults, plainer lines. `fails`
 * runs it. Takes as many runs as there are steps that might be left out, and `most` at most.
 */
export const shrink = (plan: SwarmPlan, fails: (plan: SwarmPlan) => boolean, most = 500): SwarmPlan => {
  let [least, runs] = [plan, 0];
  for (let found = true; found; ) {
    found = false;
    for (const each of smaller(least)) {
      if (++runs > most) return least;
      const next = fitting(each);
      if (!fails(next)) continue;
      least = next;
      found = true;
      break;
    }
  }
  return least;
};

const codeOf = (value: unknown): string =>
  JSON.stringify(value)
    .replace(/"(\w+)":/g, '$1: ')
    .replaceAll('"', "'")
    .replaceAll(',', ', ')
    .replaceAll('{', '{ ')
    .replaceAll('}', ' }');

/** A plan as the code of a test. */
export const drawingOf = ({ hosts, ...rest }: SwarmPlan, title = `holds with seed ${rest.seed ?? 1}`): string =>
  [
    `it('${title}', () => {`,
    '  const run = swarmOf(',
    '    {',
    ...Object.entries(rest).map(([name, value]) => `      ${name}: ${codeOf(value)},`),
    '      hosts: [',
    ...hosts.map((host) => `        ${codeOf(host)},`),
    '      ],',
    '    },',
    '    { watched: true },',
    '  );',
    '  expect(complaintsOf(run)).toEqual([]);',
    '});',
  ].join('\n');
