import { drawnSession } from '../../marbles/index.ts';

/** The bodies of the tests in the source of a drawing that was written. */
export const bodiesOf = (source: string): readonly (() => void)[] => {
  const bodies: (() => void)[] = [];
  const code = source.replaceAll(/^import .*$/gm, '');
  // eslint-disable-next-line @typescript-eslint/no-implied-eval -- what was written is what is run
  const run = new Function('it', 'drawnSession', code) as (it: unknown, drawn: typeof drawnSession) => void;
  run((_: string, body: () => void) => bodies.push(body), drawnSession);
  return bodies;
};
