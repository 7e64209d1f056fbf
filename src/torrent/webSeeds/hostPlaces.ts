/** Connections to one host at one time, whatever the number of its URLs. */
export const MAX_PER_HOST = 3;

/**
 * Which connections may ask their host for something. Invariant: of one host there are at most `MAX_PER_HOST`, and none
 * of a host without one.
 */
export class HostPlaces {
  readonly #taken = new Map<string, Set<object>>();

  /** May this connection ask `host`? Then it has a place until it leaves. */
  take(host: string, connection: object): boolean {
    const there = this.#taken.get(host) ?? new Set();
    if (!there.has(connection) && there.size >= MAX_PER_HOST) return false;
    this.#taken.set(host, there.add(connection));
    return true;
  }

  /** The connection asks `host` for nothing any more. */
  leave(host: string, connection: object): void {
    const there = this.#taken.get(host);
    there?.delete(connection);
    if (there?.size === 0) this.#taken.delete(host);
  }

  check(): void {
    for (const [host, there] of this.#taken)
      if (there.size === 0 || there.size > MAX_PER_HOST) throw new RangeError(`${there.size} connections to ${host}`);
  }
}
