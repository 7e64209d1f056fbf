/**
 * Where a download is:
 *
 * | state | what is done | tells |
 * | --- | --- | --- |
 * | `metadata` | peers are asked what a magnet link stands for | itself |
 * | `checking` | what earlier runs have left is looked at | itself |
 * | `downloading` | something that is wanted is missing, and is asked for | itself |
 * | `paused` | nothing more can be written: the disk is full | itself |
 * | `finishing` | all that is wanted is there, and made to last; nobody has been told yet | `done` |
 * | `seeding` | all is there and is given to others; with other files it goes on as `downloading` | itself |
 * | `repairing` | as `seeding`, but a piece has turned out to be damaged and is fetched anew | `downloading` |
 * | `done` | all is there, and it ends | itself |
 */
export type PhaseState =
  | 'metadata'
  | 'checking'
  | 'downloading'
  | 'paused'
  | 'finishing'
  | 'seeding'
  | 'repairing'
  | 'done';

/** What the user is told. */
export type ShownPhase = Exclude<PhaseState, 'finishing' | 'repairing'>;

const SHOWN: Partial<Record<PhaseState, ShownPhase>> = { finishing: 'done', repairing: 'downloading' };
/** Where all that is wanted is there, and where something is missing. */
const COMPLETE: readonly PhaseState[] = ['finishing', 'seeding', 'done'];
const MISSING: readonly PhaseState[] = ['downloading', 'paused', 'repairing'];

/**
 * The phase of one download: a machine with one method for each transition. What does not follow from a state changes
 * nothing. Depends on what it is told only. Invariants: in `finishing`, `seeding` and `done` nothing that is wanted is
 * missing; in `downloading`, `paused` and `repairing` something is.
 */
export class Phase {
  #state: PhaseState;
  /** What goes on when a full disk has room again. */
  #paused: 'downloading' | 'repairing' = 'downloading';

  /** Nothing more is to be asked for: what has come is still stored, and it ends. */
  stopping = false;
  /** The user wants it to do nothing for a while. */
  resting = false;

  constructor(first: 'metadata' | 'checking') {
    this.#state = first;
  }

  get state(): PhaseState {
    return this.#state;
  }

  get shown(): ShownPhase {
    if (this.resting && MISSING.includes(this.#state)) return 'paused';
    return SHOWN[this.#state] ?? (this.#state as ShownPhase);
  }

  /** It has been told that all is there, and is given to others. */
  get seeds(): boolean {
    return this.#state === 'seeding' || this.#state === 'repairing';
  }

  /** `metadata` → `checking`: it is known what the link stands for. */
  known(): void {
    if (this.#state === 'metadata') this.#state = 'checking';
  }

  /** `checking` → `finishing` or `downloading`: all that was there has been looked at; is it all that is wanted? */
  checked(complete: boolean): void {
    if (this.#state === 'checking') this.#state = complete ? 'finishing' : 'downloading';
  }

  /** `downloading` or `repairing` → `paused`: the disk is full. */
  full(): void {
    if (this.#state !== 'downloading' && this.#state !== 'repairing') return;
    this.#paused = this.#state;
    this.#state = 'paused';
  }

  /** `paused` → what was before: there is room again. */
  room(): void {
    if (this.#state === 'paused') this.#state = this.#paused;
  }

  /** `downloading` → `finishing`, `repairing` → `seeding`: the last piece is there. */
  completed(): void {
    this.room();
    if (this.#state === 'downloading') this.#state = 'finishing';
    else if (this.#state === 'repairing') this.#state = 'seeding';
  }

  /** `finishing` → `downloading`, `seeding` → `repairing`: a piece that was there is missing again. */
  lost(): void {
    if (this.#state === 'finishing') this.#state = 'downloading';
    else if (this.#state === 'seeding') this.#state = 'repairing';
  }

  /** `seeding` or `repairing` → `downloading`: other files are wanted, too, and `done` has to be told again. */
  widened(): void {
    if (this.#state === 'paused' && this.#paused === 'repairing') this.#paused = 'downloading';
    else if (this.seeds) this.#state = 'downloading';
  }

  /** Anything → `seeding` or `done`: everybody has been told that all is there. It may have been lost meanwhile. */
  told(goesOn: boolean, complete = true): void {
    if (!goesOn) this.#state = 'done';
    else this.#state = complete ? 'seeding' : 'repairing';
  }

  /** Is the state one that it can be in when all that is wanted is there, or is not? */
  check(complete: boolean): void {
    if ((complete ? MISSING : COMPLETE).includes(this.#state))
      throw new RangeError(`${this.#state}, but ${complete ? 'nothing' : 'something'} is missing`);
  }
}
