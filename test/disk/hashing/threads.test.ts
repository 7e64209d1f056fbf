import { lastValueFrom, mergeMap, Observable, range, toArray } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { Threads } from '../../../src/disk/hashing/threads.ts';

const worker = (body: string): URL => {
  const script = `import { parentPort, threadId } from 'node:worker_threads'; let asked = 0; ${body}`;
  return new URL(`data:text/javascript,${encodeURIComponent(script)}`);
};

/** Each says which thread it was: 0 is the calling one. */
const answering = worker("parentPort.on('message', () => parentPort.postMessage(threadId));");
const dying = worker(
  "parentPort.on('message', () => (++asked === 50 ? process.exit(3) : parentPort.postMessage(threadId)));",
);
const failing = worker(
  "parentPort.on('message', () => { if (++asked === 50) throw new Error('lost'); parentPort.postMessage(threadId); });",
);
const stillborn = worker("throw new Error('not today');");

const answers = (file: URL, count: number, takesPart = false): Promise<readonly number[]> => {
  const threads = new Threads<number, number>({ size: 2, file, inline: () => 0, takesPart });
  const ask = (question: number): Observable<number> =>
    new Observable((subscriber) =>
      threads.ask(question, (answer) => {
        try {
          threads.check();
        } catch (error) {
          return subscriber.error(error);
        }
        subscriber.next(answer);
        subscriber.complete();
      }),
    );
  return lastValueFrom(range(0, count).pipe(mergeMap(ask, 8), toArray()));
};

describe('threads', () => {
  it('answer', async () => {
    const by = await answers(answering, 1000);
    expect([by.length, by.includes(0)]).toEqual([1000, false]);
  });

  it('share the work with the calling one if it takes part, which is one of them', async () => {
    const by = await answers(answering, 1000, true);
    expect([by.length, by.includes(0), new Set(by).size]).toEqual([1000, true, 2]);
  });

  it.each([
    ['exit', dying],
    ['throw', failing],
    ['cannot start', stillborn],
  ])('that %s leave the rest to the calling one, however much it is', async (_, file) => {
    const by = await answers(file, 20_000);
    expect([by.length, by.includes(0)]).toEqual([20_000, true]);
  });

  it('that are gone leave others a turn', async () => {
    let turns = 0;
    const turn = setInterval(() => turns++, 0);
    await answers(stillborn, 20_000);
    clearInterval(turn);
    expect(turns).toBeGreaterThan(1);
  });
});
