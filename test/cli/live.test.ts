import { describe, expect, it } from 'vitest';
import { canMove } from '../../src/cli/views/live.ts';

describe('what moves', () => {
  it.each([
    ['a terminal', { isTTY: true, columns: 80 }, {}, true],
    ['a terminal of unknown width', { isTTY: true, columns: 0 }, {}, false],
    ['a pipe', { isTTY: false, columns: 80 }, {}, false],
    ['a dumb terminal', { isTTY: true, columns: 80 }, { TERM: 'dumb' }, false],
    ['a build log', { isTTY: true, columns: 80 }, { CI: '1' }, false],
  ])('%s: %o %o %s', (_, stream, environment, moves) => {
    expect(canMove(stream, environment)).toBe(moves);
  });
});
