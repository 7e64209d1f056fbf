import { describe, expect, it } from 'vitest';
import { Floor, MAX_HELD_LINES } from '../../../src/cli/choice/floor.ts';
import { Interrupted } from '../../../src/cli/io/exit.ts';

describe('while a question is asked', () => {
  it('what moves rests and lines wait, at most some; then all goes on; and questions wait for each other', async () => {
    const told: string[] = [];
    const floor = new Floor((line) => told.push(line));
    const leave = floor.enter({ rest: () => told.push('rests'), goOn: () => told.push('goes on') });
    const first = floor.ask(async () => {
      floor.say('held');
      for (let n = 0; n < 2 * MAX_HELD_LINES; n++) floor.say('more');
      await new Promise((resolve) => setTimeout(resolve, 10));
      expect(told).toEqual(['rests']);
      throw new Interrupted();
    });
    const second = floor.ask(() => Promise.resolve(told.length));
    await expect(first).rejects.toBeInstanceOf(Interrupted);
    expect(await second).toBeGreaterThan(MAX_HELD_LINES);
    expect(told.slice(0, 3)).toEqual(['rests', 'held', 'more']);
    expect(told.filter((line) => line === 'more')).toHaveLength(MAX_HELD_LINES - 1);
    leave();
    floor.say('now');
    expect(told.slice(-3)).toEqual(['rests', 'goes on', 'now']);
  });
});
