import { builtinModules } from 'node:module';
import { badImports, importsOf } from './imports.ts';
import { at, type Finding, type Source } from './source.ts';

/** The floors, from the ground up: a room may import from its own floor and from those below. */
const HEIGHT = {
  protocol: 0,
  torrent: 1,
  contracts: 2,
  operators: 3,
  discovery: 4,
  world: 4,
  download: 5,
  recording: 6,
  client: 6,
  faults: 7,
  front: 7,
  cli: 8,
} as const;
export type Room = keyof typeof HEIGHT;

/** The room in which a file stands; undefined for drawings and tests, which see everything, and for packages. */
export const roomOf = (path: string): Room | undefined => {
  if (path === 'src/node.ts' || path.startsWith('src/net/') || path.startsWith('src/disk/')) return 'world';
  const room =
    /^src\/(protocol|torrent|contracts|discovery|download|recording|client|faults|cli)\//.exec(path)?.[1] ??
    /^(operators)\//.exec(path)?.[1];
  if (room !== undefined) return room as Room;
  return /^src\/[^/]+\.ts$/.test(path) ? 'front' : undefined;
};

/** Files that may join the pipe with the real world. */
const JOINERS = ['src/index.ts', 'src/client/client.ts'];

/** The floors of `download/`, from the ground up: its rooms, and the files that stand loose in it. */
const FLOORS: readonly RegExp[] = [
  /^src\/download\/streams\//,
  /^src\/download\/(limits|state)\//,
  /^src\/download\/(storage|swarm)\//,
  /^src\/download\/session\//,
  /^src\/download\/(options|strategy|source|parts|fetchPiece|greetPeers)\.ts/,
  /^src\/download\/running\//,
  /^src\/download\/lifecycle\//,
  /^src\/download\/magnet\//,
  /^src\/download\/(download|composition)\.ts/,
];

const floorOf = (path: string): number => FLOORS.findIndex((floor) => floor.test(path));

/** Why one room may not look into another; undefined if it may. */
const objection = (from: Room, to: Room, path: string): string | undefined => {
  if (HEIGHT[to] > HEIGHT[from]) return `${from} looks up to ${to}`;
  if (from !== to && HEIGHT[from] === HEIGHT[to]) return `${from} and ${to} do not know each other`;
  if (
    ['download', 'recording', 'client', 'faults', 'front'].includes(from) &&
    to === 'world' &&
    !JOINERS.includes(path)
  )
    return 'only index, client and cli join the pipe with the real world';
  return undefined;
};

export const layers = (source: Source): readonly Finding[] =>
  badImports(source, ({ to }) => {
    const from = roomOf(source.path);
    const room = roomOf(to);
    if (floorOf(source.path) >= 0 && floorOf(to) > floorOf(source.path)) return `${to} stands above ${source.path}`;
    if (/^(test|marbles)\//.test(to) && from !== undefined) return `the product does not import ${to}`;
    if (
      source.path.startsWith('marbles/') &&
      !source.path.endsWith('.marbles.ts') &&
      (room === 'world' || room === 'cli')
    )
      return `the stage stays virtual: ${to}`;
    return from === undefined || room === undefined ? undefined : objection(from, room, source.path);
  });

/** Operators stand side by side; only the index, and compositions of nothing but `pipe`, know others. */
export const neighbours = (source: Source): readonly Finding[] => {
  if (roomOf(source.path) !== 'operators' || source.path === 'operators/index.ts') return [];
  const imports = importsOf(source);
  const others = imports.filter(
    ({ to, typeOnly }) => !typeOnly && roomOf(to) === 'operators' && !to.startsWith('operators/internal/'),
  );
  const composes = imports
    .filter(({ to, typeOnly }) => to === 'rxjs' && !typeOnly)
    .every(({ names }) => names.every((name) => name === 'pipe'));
  return composes ? [] : others.map(({ node, to }) => at(source, node, `imports its neighbour ${to}`));
};

const PACKAGES: readonly {
  readonly name: RegExp;
  readonly allowed: (path: string, typeOnly: boolean) => boolean;
  readonly why: string;
}[] = [
  {
    name: /^rxjs\/testing$/,
    allowed: (path) => path.startsWith('marbles/') || path.startsWith('test/'),
    why: 'virtual time is for drawings',
  },
  {
    name: /^rxjs\/./,
    allowed: (path, typeOnly) =>
      path.startsWith('marbles/') ||
      path.startsWith('test/') ||
      path === 'src/recording/providers.ts' ||
      (typeOnly && path.startsWith('src/recording/')),
    why: "rxjs comes from 'rxjs'; its time is replaced in src/recording/providers.ts",
  },
  {
    name: /^rxjs$/,
    allowed: (path, typeOnly) =>
      !['protocol', 'torrent', 'contracts'].includes(roomOf(path) ?? '') ||
      path === 'src/contracts/clock.ts' ||
      (roomOf(path) === 'contracts' && typeOnly),
    why: 'rxjs is known from operators up; contracts/ knows its types and clock.ts its scheduler',
  },
  {
    name: /^bencode$/,
    allowed: (path) => path === 'src/protocol/encoding/bencode.ts' || path.startsWith('test/'),
    why: 'bencode has one door: src/protocol/encoding/bencode.ts',
  },
  {
    name: /^(yargs|ora|string-width|picomatch|@clack\/core)($|\/)/,
    allowed: (path) => roomOf(path) === 'cli' || path.startsWith('test/'),
    why: 'the command line is cli/',
  },
  {
    name: /^(node:)?crypto$/,
    allowed: (path) => roomOf(path) === 'protocol' || mayTouch(path),
    why: 'hashes are for protocol, disk and net',
  },
  {
    name: /^node:(?!crypto$)/,
    allowed: (path) => mayTouch(path),
    why: 'the machine is for net, disk, cli and node.ts',
  },
  {
    name: new RegExp(`^(${builtinModules.filter((name) => !name.startsWith('node:')).join('|')})(/|$)`),
    allowed: () => false,
    why: 'node modules are written node:…',
  },
  {
    name: /^vitest$|^fast-check$/,
    allowed: (path) => path.startsWith('test/') || path.endsWith('.marbles.ts'),
    why: 'tests are for test/ and drawings',
  },
];

const mayTouch = (path: string): boolean =>
  ['world', 'cli'].includes(roomOf(path) ?? '') || path.startsWith('test/') || path.endsWith('.marbles.ts');

export const packages = (source: Source): readonly Finding[] =>
  badImports(source, ({ to, typeOnly }) => {
    const rule = PACKAGES.find(({ name }) => name.test(to));
    return rule === undefined || rule.allowed(source.path, typeOnly) ? undefined : `imports ${to}: ${rule.why}`;
  });

/**
 * Import circles, each told once, at the file that closes it. Types count as anything else: one file of a circle can't
 * be read without the others.
 */
export const circles = (sources: readonly Source[]): readonly Finding[] => {
  const byPath = new Map(sources.map((source) => [source.path, source]));
  const done = new Set<string>();
  const findings: Finding[] = [];
  const walk = (source: Source, way: readonly string[]): void => {
    if (done.has(source.path)) return;
    for (const { to, node } of importsOf(source)) {
      const next = byPath.get(to);
      if (next === undefined) continue;
      if (to === source.path || way.includes(to))
        findings.push(
          at(source, node, `closes a circle: ${[...way.slice(way.indexOf(to)), source.path, to].join(' → ')}`),
        );
      else walk(next, [...way, source.path]);
    }
    done.add(source.path);
  };
  for (const source of sources) walk(source, []);
  return findings;
};
