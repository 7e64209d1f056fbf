/** URLs of one server that are remembered. */
export const MAX_REMEMBERED = 100;

/**
 * Where the URLs of a server have led, so that each part of a file is not first asked for at the old one. Invariant: at
 * most `MAX_REMEMBERED`, the oldest are forgotten.
 */
export class Remembered {
  readonly #led = new Map<string, string>();

  /** The URL to ask instead of `url`. */
  of(url: string): string {
    return this.#led.get(url) ?? url;
  }

  /** An answer to `url` came from `from`. */
  led(url: string, from: string): void {
    this.#led.delete(url);
    if (from === url) return;
    this.#led.set(url, from);
    const [oldest] = this.#led.keys();
    if (this.#led.size > MAX_REMEMBERED && oldest !== undefined) this.#led.delete(oldest);
  }

  /** What was asked for did not come: the old URL may lead elsewhere by now. */
  forget(url: string): void {
    this.#led.delete(url);
  }

  check(): void {
    if (this.#led.size > MAX_REMEMBERED) throw new RangeError(`${this.#led.size} URLs are remembered`);
  }
}
