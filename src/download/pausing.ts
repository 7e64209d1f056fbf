import type { Peer } from '../contracts/peer.ts';
import { now } from '../contracts/clock.ts';
import type { Phase } from '../torrent/stats/phase.ts';
import { ruled, type WindowRule } from '../torrent/requests/windowRule.ts';
import type { ChokeStrategy } from '../torrent/upload/chokeStrategy.ts';
import type { Choker } from '../torrent/upload/choker.ts';

/**
 * Lets a download rest: peers are asked for nothing more, and none is served. Depends on the phase, which says whether
 * it rests.
 */
export class Pausing {
  readonly #phase: Phase;
  #choker: Choker<Peer> | undefined;
  #slots: number | undefined;
  #window: WindowRule | undefined;
  #rule: WindowRule = () => undefined;

  constructor(phase: Phase) {
    this.#phase = phase;
  }

  /** Whom we serve, once there is anything to be served. */
  serves(choker: Choker<Peer>, slots: number | undefined): void {
    this.#choker = choker;
    this.#slots = slots;
    if (this.#phase.resting) this.#choker.use({ slots: 0 }, now());
  }

  /** What the user wants while it does not rest. */
  set slots(slots: number | undefined) {
    this.#slots = slots;
    this.#decide();
  }

  /** Another choice of whom we serve. */
  serve(strategy: ChokeStrategy): void {
    this.#choker?.use({ strategy }, now());
  }

  set window(rule: WindowRule | undefined) {
    this.#window = rule;
    this.#decree();
  }

  /** How many requests a peer may have in flight: another function whenever that is to be asked anew. */
  get rule(): WindowRule {
    return this.#rule;
  }

  /** Begins to rest, or goes on. */
  rest(resting: boolean): void {
    if (resting === this.#phase.resting) return;
    this.#phase.resting = resting;
    this.#decree();
    this.#decide();
  }

  #decree(): void {
    const [window, { resting }] = [this.#window, this.#phase];
    this.#rule = resting ? 0 : (peer) => ruled(window, peer);
  }

  #decide(): void {
    this.#choker?.use({ slots: this.#phase.resting ? 0 : this.#slots }, now());
  }
}
