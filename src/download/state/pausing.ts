import type { Peer } from '../../contracts/peer.ts';
import { now } from '../../contracts/clock.ts';
import type { Phase } from '../../torrent/stats/phase.ts';
import { ruled, type WindowRule } from '../../torrent/requests/windowRule.ts';
import type { ChokeStrategy } from '../../torrent/upload/chokeStrategy.ts';
import type { Choker } from '../../torrent/upload/choker.ts';

/**
 * Pauses a download: nothing is requested from peers, and none is served. Depends on the phase, which says whether the
 * download is paused.
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

  /** The peers that we serve, once there is anything to upload. */
  serves(choker: Choker<Peer>, slots: number | undefined): void {
    this.#choker = choker;
    this.#slots = slots;
    if (this.#phase.resting) this.#choker.use({ slots: 0 }, now());
  }

  /** The user's choice while the download is not paused. */
  set slots(slots: number | undefined) {
    this.#slots = slots;
    this.#decide();
  }

  /** Changes the peers that we serve. */
  serve(strategy: ChokeStrategy): void {
    this.#choker?.use({ strategy }, now());
  }

  set window(rule: WindowRule | undefined) {
    this.#window = rule;
    this.#decree();
  }

  /** How many requests a peer may have in flight: a new function whenever that must be computed anew. */
  get rule(): WindowRule {
    return this.#rule;
  }

  /** Pauses, or resumes. */
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
