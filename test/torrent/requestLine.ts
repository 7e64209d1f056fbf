import { BLOCK } from '../../src/torrent/geometry.ts';
import { RequestWindow } from '../../src/torrent/requests/requestWindow.ts';

/** Asks for as many as there is room for, and takes `blocks` of them. */
export class Line {
  readonly window: RequestWindow;
  now: number;
  #asked = 0;
  #given = 0;

  constructor(now = 0, most?: number) {
    this.now = now;
    this.window = new RequestWindow(now, most);
  }

  ask(count = this.window.room): number {
    for (let n = 0; n < count; n++) this.window.asked(this.#asked++, this.now);
    return count;
  }

  give(count: number, bytes = BLOCK): void {
    for (let n = 0; n < count; n++) this.window.take(this.#given++, bytes);
  }

  /** A second in which so many blocks come; true if they keep us waiting. */
  second(blocks: number, bytes = BLOCK): boolean {
    for (let given = 0; given < blocks; ) {
      this.ask();
      const now = Math.min(blocks - given, this.window.inFlight);
      this.give(now, bytes);
      given += now;
    }
    this.ask();
    this.now += 1000;
    this.window.check();
    return this.window.tick(this.now);
  }
}
