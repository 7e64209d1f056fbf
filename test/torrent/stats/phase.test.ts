import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Phase } from '../../../src/torrent/stats/phase.ts';

type Step = 'known' | 'checked' | 'full' | 'room' | 'completed' | 'lost' | 'widened' | 'told';

/** Through which states it goes. */
const through = (first: 'metadata' | 'checking', ...steps: readonly ((phase: Phase) => void)[]): string => {
  const phase = new Phase(first);
  return [
    phase.state,
    ...steps.map((step) => {
      step(phase);
      return phase.state === phase.shown ? phase.state : `${phase.state} (${phase.shown})`;
    }),
  ].join(' → ');
};

const checked = (complete: boolean) => (phase: Phase) => phase.checked(complete);
const told = (goesOn: boolean) => (phase: Phase) => phase.told(goesOn);
const known = (phase: Phase) => phase.known();
const completed = (phase: Phase) => phase.completed();
const lost = (phase: Phase) => phase.lost();
const full = (phase: Phase) => phase.full();
const room = (phase: Phase) => phase.room();
const widened = (phase: Phase) => phase.widened();

const ended = ({ state }: Phase): boolean => state === 'done';

describe('the phase of a download', () => {
  it.each([
    [
      'of a magnet link',
      ['metadata', known, checked(false), completed, told(false)],
      'metadata → checking → downloading → finishing (done) → done',
    ],
    [
      'that waits for room',
      ['checking', checked(false), full, room, completed, told(false)],
      'checking → downloading → paused → downloading → finishing (done) → done',
    ],
    ['of which all is there', ['checking', checked(true), told(true)], 'checking → finishing (done) → seeding'],
    [
      'that is damaged while it seeds',
      ['checking', checked(true), told(true), lost, full, room, completed],
      'checking → finishing (done) → seeding → repairing (downloading) → paused → repairing (downloading) → seeding',
    ],
    [
      'whose files are damaged before anybody is told',
      ['checking', checked(true), lost, completed],
      'checking → finishing (done) → downloading → finishing (done)',
    ],
    [
      'of which more is wanted while it seeds',
      ['checking', checked(true), told(true), widened, completed, told(true), lost, full, widened, room],
      'checking → finishing (done) → seeding → downloading → finishing (done) → seeding → repairing (downloading) → ' +
        'paused → paused → downloading',
    ],
    [
      'that is told what does not follow',
      ['checking', full, room, lost, completed, checked(false), known, checked(true)],
      'checking → checking → checking → checking → checking → downloading → downloading → downloading',
    ],
  ] as const)('%s', (_, [first, ...steps], states) => {
    expect(through(first, ...(steps as readonly ((phase: Phase) => void)[]))).toBe(states);
  });

  it('is never one of completeness while something is missing, nor the other way round', () => {
    const steps = fc.array(
      fc.constantFrom<Step>('known', 'checked', 'full', 'room', 'completed', 'lost', 'widened', 'told'),
    );
    fc.assert(
      fc.property(steps, fc.boolean(), (taken, seeds) => {
        const phase = new Phase('metadata');
        let complete = false;
        for (const step of taken) {
          if (step === 'completed') complete = true;
          // Of what is new nothing is there yet.
          if (step === 'lost' || (step === 'widened' && phase.seeds)) complete = false;
          if (ended(phase)) continue;
          if (step === 'checked') phase.checked(complete);
          else if (step === 'told') {
            if (complete && (phase.state === 'finishing' || phase.seeds)) phase.told(seeds, complete);
          } else phase[step]();
          phase.check(complete || ended(phase));
        }
      }),
    );
  });

  it('says so when it is not as it should be', () => {
    const phase = new Phase('checking');
    phase.check(true);
    phase.checked(false);
    expect(() => phase.check(true)).toThrow('downloading, but nothing is missing');
    phase.completed();
    expect(() => phase.check(false)).toThrow('finishing, but something is missing');
  });
});
