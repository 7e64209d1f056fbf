import { Observable, type Subscriber } from 'rxjs';
import type { Verify } from '../../contracts/storage.ts';

interface Expected {
  /** Outcomes that have not been yet, and those that came before the piece did. */
  coming: number;
  readonly early: boolean[];
  waiting: Subscriber<boolean> | undefined;
}

/** Pieces are found sound or corrupt when the script says so; what it says nothing of is sound at once. */
export class Outcomes {
  readonly #pieces = new Map<number, Expected>();

  expect(piece: number): void {
    const one = this.#pieces.get(piece);
    if (one === undefined) this.#pieces.set(piece, { coming: 1, early: [], waiting: undefined });
    else one.coming++;
  }

  come(piece: number, valid: boolean): void {
    const one = this.#pieces.get(piece);
    if (one === undefined) return;
    one.coming--;
    const { waiting } = one;
    one.waiting = undefined;
    if (waiting === undefined) one.early.push(valid);
    else waiting.next(valid);
    waiting?.complete();
  }

  verify({ index }: Parameters<Verify>[0]): ReturnType<Verify> {
    const one = this.#pieces.get(index);
    const early = one?.early.shift();
    if (early !== undefined) return early;
    if (one === undefined || one.coming === 0) return true;
    return new Observable((subscriber) => {
      one.waiting = subscriber;
    });
  }
}
