import type { Done } from './insideFolder.ts';

/**
 * Calls `work` for 0 … `count` − 1, at most `atOnce` at the same time. After an error it ends as soon as running work
 * has ended.
 */
export const each = (
  count: number,
  atOnce: number,
  work: (index: number, done: Done<void>) => void,
  done: Done<void>,
): void => {
  let next = 0;
  let running = 0;
  let failure: Error | null = null;
  let pumping = false;
  let over = false;
  const pump = (): void => {
    // Work that ends synchronously would otherwise pile up on the stack.
    if (pumping || over) return;
    pumping = true;
    while (next < count && running < atOnce && failure === null) {
      running++;
      work(next++, (error) => {
        running--;
        failure ??= error;
        pump();
      });
    }
    pumping = false;
    over = running === 0;
    if (over) done(failure);
  };
  pump();
};
