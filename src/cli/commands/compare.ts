import type { Strategy } from '../../download/strategy.ts';
import type { ToldAs } from '../../contracts/json/told.ts';
import { size, text, wholeNumber } from '../args/values.ts';
import { type Lab, loadLab, type Pair, type Plan, swarmOf } from '../input/lab.ts';
import { strategyMaker } from '../input/strategy.ts';
import type { Given, Io } from '../io/io.ts';
import { visible } from '../io/text.ts';
import { comparisonLines } from '../views/comparison.ts';

const MiB = 2 ** 20;
const SEEDS = 20;
/** Milliseconds between two lines that say how far it is. */
const SAY_EVERY = 10_000;
/** The word for no strategy at all. */
const NONE = 'default';

const makerOf = (path: string, library: object): Promise<() => Strategy> =>
  path === NONE ? Promise.resolve(() => ({})) : strategyMaker(path, library);

/** Runs each seed with both strategies; the user may stop it between two runs. */
const runAll = async (
  lab: Lab,
  plan: Plan,
  seeds: number,
  [a, b]: readonly [() => Strategy, () => Strategy],
  io: Io,
): Promise<readonly Pair[]> => {
  const pairs: Pair[] = [];
  let said = Date.now();
  const rest = async (): Promise<void> => {
    await new Promise((resolve) => setImmediate(resolve));
    io.stopped.throwIfAborted();
  };
  for (let nth = 0; nth < seeds; nth++) {
    const seeded = { ...plan, seed: (plan.seed ?? 1) + nth };
    const first = lab.trial(seeded, a);
    await rest();
    pairs.push({ a: first, b: lab.trial(seeded, b) });
    await rest();
    if (Date.now() - said < SAY_EVERY) continue;
    said = Date.now();
    io.say(`${nth + 1} of ${seeds} seeds`);
  }
  return pairs;
};

/** What was never reached is left out. */
const reached = (value: number): number | undefined => (Number.isFinite(value) ? value : undefined);

/** `rxtorrent compare`: two strategies in one virtual swarm, with the same seeds. */
export const compare = async (given: Given, io: Io): Promise<void> => {
  const names = [String(given['strategy']), String(given['other'])] as const;
  const swarm = text(given, 'swarm') ?? 'flash';
  const seeds = wholeNumber(given, 'seeds', 1, 10_000) ?? SEEDS;
  const bytes = size(given, 'size', MiB, 1024 * MiB);
  io.json?.start({ sources: [...names] });
  const { lab, library } = await loadLab();
  const plan = swarmOf(lab, swarm, bytes === undefined ? undefined : bytes / MiB);
  const makers = [await makerOf(names[0], library), await makerOf(names[1], library)] as const;
  const pairs = await runAll(lab, plan, seeds, makers, io);
  const rows = lab.compared(pairs).map(({ measure, better, ...numbers }): Omit<ToldAs<'compared'>, 'type'> => {
    const known = Object.entries(numbers).flatMap(([name, value]) => {
      const finite = reached(value);
      return finite === undefined ? [] : [[name, finite]];
    });
    return { measure, ...(Object.fromEntries(known) as typeof numbers), ...(better && { better }), seeds };
  });
  for (const row of rows) io.json?.tell({ type: 'compared', ...row });
  if (io.json) return;
  const [a, b] = names.map(visible) as [string, string];
  io.print([`${visible(swarm)}, ${seeds} seeds`, ...comparisonLines(rows, [a, b])].join('\n'));
};
