import type { FaultTimes } from '../../contracts/json/jsonResult.ts';
import { counted } from '../io/units.ts';

/** How often each fault has shown. */
export class FaultCount {
  readonly #times = new Map<string, number>();

  add(fault: string): void {
    this.#times.set(fault, (this.#times.get(fault) ?? 0) + 1);
  }

  get all(): readonly FaultTimes[] {
    return [...this.#times].map(([fault, times]) => ({ fault, times }));
  }

  /** For the user; no line if there was no fault. */
  get lines(): readonly string[] {
    if (this.#times.size === 0) return [];
    const told = this.all.map(({ fault, times }) => `${fault} ${counted(times, 'time')}`);
    return ['', `What went wrong on the way: ${told.join(', ')}`];
  }
}
