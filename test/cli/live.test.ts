import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { canMove, type Moment, onTerminal, reflows, type Terminal, undone } from '../../src/cli/views/live.ts';
import { folder, run } from './run.ts';
import { Screen } from './screen.ts';

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

describe('on a terminal', () => {
  const liveOn = async (screen: Screen, title: string, env: NodeJS.ProcessEnv = {}) => {
    const live = await onTerminal(
      { say: (line) => void screen.write(`${line}\n`) },
      title,
      screen as unknown as Terminal,
      env,
    );
    onTestFinished(() => live.end());
    return live;
  };
  /** As many lines as asked for, each as wide as the terminal. */
  const wide = (count: number): Moment => ({
    lines: (width, height) => [...Array(Math.min(count, height)).keys()].map((at) => `${at}`.padEnd(width, '=')),
    line: () => '',
  });
  const plain = (screen: Screen): readonly string[] => screen.text.map((line) => line.replace(/^[^\w ] /, '* '));

  it('lines that are said stay above what moves, which is gone in the end', async () => {
    const screen = new Screen(20, 10);
    const live = await liveOn(screen, 'title');
    live.show(wide(2));
    live.say('one');
    live.say('two');
    expect(plain(screen)).toEqual(['one', 'two', '* title', '  0================', '  1================']);
    live.end();
    expect(plain(screen)).toEqual(['one', 'two']);
  });

  it('is drawn anew, and nothing old is left, when the terminal gets narrower, wider, lower or higher', async () => {
    const screen = new Screen(40, 10);
    const live = await liveOn(screen, 'a title that is too long for a narrow one');
    live.show(wide(5));
    live.say('said');
    for (const [columns, rows] of [
      [20, 10],
      [13, 10],
      [30, 5],
      [7, 5],
      [40, 10],
    ] as const) {
      screen.resize(columns, rows);
      const lines = plain(screen);
      const joined = lines.join('');
      expect(joined.startsWith('said* a')).toBe(true);
      expect(joined.match(/\*/g)).toHaveLength(1);
      expect(lines.filter((line) => line.includes('=')).map((line) => line.trim())).toEqual(
        [...Array(Math.min(5, rows - 2)).keys()].map((at) => `${at}`.padEnd(columns - 3, '=')),
      );
    }
  });

  it('there is never more than has room, whatever is to be shown', async () => {
    for (const [columns, rows] of [
      [20, 10],
      [80, 3],
      [1, 1],
      [2, 2],
    ] as const) {
      const screen = new Screen(columns, rows);
      const live = await liveOn(screen, 'a long title for a terminal like this');
      live.show({ lines: (width) => Array<string>(50).fill('='.repeat(width)), line: () => '' });
      live.say('');
      const shown = screen.text.slice(1);
      expect(shown.length).toBeLessThanOrEqual(Math.max(1, rows - 1, columns < 4 ? 4 : 0));
      live.end();
    }
  });

  it('has a title that changes', async () => {
    const screen = new Screen(40, 10);
    const live = await liveOn(screen, 'before');
    live.show({ ...wide(0), title: 'after' });
    live.say('said');
    expect(plain(screen)).toEqual(['said', '* after']);
  });

  it('is without colours if none are wanted', async () => {
    const home = folder();
    const [terminal, content] = [join(home, 'terminal.mjs'), join(home, 'content')];
    writeFileSync(
      terminal,
      `import { clearLine, cursorTo, moveCursor } from 'node:readline';
      const { stderr } = process;
      Object.assign(stderr, { isTTY: true, columns: 80, rows: 24, hasColors: () => true });
      for (const [name, move] of Object.entries({ clearLine, cursorTo, moveCursor }))
        stderr[name] = (...at) => move(stderr, ...at);`,
    );
    writeFileSync(content, Buffer.alloc(100_000));
    const colours = async (env: Record<string, string>): Promise<boolean> => {
      const { code, stderr } = await run(['create', content, '-o', `${home}/`, '--force'], {
        node: ['--import', terminal],
        env: { FORCE_COLOR: '1', ...env },
      });
      expect({ code, drawn: stderr.includes('hashing') }).toEqual({ code: 0, drawn: true });
      return stderr.includes('\x1b[36m');
    };
    expect([await colours({}), await colours({ NO_COLOR: '1' })]).toEqual([true, false]);
  });

  it('knows which terminals do not break lines anew', () => {
    expect(
      [{}, { TERM: 'xterm-256color' }, { TERM: 'linux' }, { XTERM_VERSION: 'XTerm(390)' }, { STY: '1.pts' }].map(
        reflows,
      ),
    ).toEqual([true, true, false, false, false]);
    expect(undone(['1234', '12'], 4)).toBe('');
    expect(undone(['12345', '12'], 4)).toBe('\r\x1b[2A\x1b[J\n');
  });
});
