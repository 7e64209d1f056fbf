import { PassThrough, Writable } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { tick } from '../../../src/cli/choice/tick.ts';
import { TickList } from '../../../src/cli/choice/tickList.ts';
import { Interrupted } from '../../../src/cli/io/exit.ts';
import { within } from '../../machine.ts';

const file = (path: string, padding = false) => ({
  path: path.split('/'),
  length: 1024,
  offset: 0,
  padding,
  attributes: '',
});

describe('the list to tick', () => {
  const of = (...paths: string[]) => ({ name: 'it', files: paths.map((path) => file(path, path === 'pad')) });

  it('shows numbers, sizes and names, nothing that a terminal would act on, and no padding', () => {
    const list = new TickList(of('a\x1b[2J', 'pad', 'b/c'), () => true);
    expect(list.lines(60, 24)).toEqual([
      'it: space ticks, a all, i all others, enter goes on',
      '> [x] 1  1.00 KiB  a\\x1b[2J',
      '  [x] 2  1.00 KiB  b/c',
      '2 of 2 files, 2.00 KiB',
    ]);
    expect(list.selection).toBeUndefined();
  });

  it('ticks one, all, none, all others', () => {
    const list = new TickList(of('a', 'pad', 'b', 'c'), (place) => place === 2);
    const after = (...keys: string[]) => {
      for (const key of keys) list.press(key, 10);
      return list.selection;
    };
    expect(after()).toEqual([[2, 2]]);
    expect(after('space')).toEqual([
      [0, 0],
      [2, 2],
    ]);
    expect(after('i')).toEqual([[3, 3]]);
    expect(after('a')).toBeUndefined();
    expect(after('a')).toEqual([]);
    expect(list.empty).toBe(true);
    expect(after('down', 'down', 'down', 'space')).toEqual([[3, 3]]);
    expect(list.said).toBe('1 of 3 files, 1.00 KiB');
  });

  it('counts what is ticked, whatever is pressed', () => {
    const keys = fc.array(fc.constantFrom('up', 'down', 'pageup', 'pagedown', 'home', 'end', 'space', 'a', 'i', 'x'));
    fc.assert(
      fc.property(fc.array(fc.constantFrom('a', 'b/c', 'pad')), keys, (paths, pressed) => {
        const list = new TickList(of(...paths), (place) => place % 2 === 0);
        for (const key of pressed) {
          list.press(key, 3);
          list.check();
        }
      }),
    );
  });

  it('is a window on a long list, and quick with the longest', () => {
    const list = new TickList(
      { name: 'it', files: Array.from({ length: 100_000 }, (_, at) => file(`f${at}`)) },
      () => true,
    );
    const began = performance.now();
    list.press('end', 8);
    expect(list.lines(40, 12).at(-2)).toBe('> [x] 100000  1.00 KiB  f99999');
    for (const key of ['i', 'a', 'i', 'pageup', 'space']) list.press(key, 8);
    const lines = list.lines(40, 12);
    expect(performance.now() - began).toBeLessThan(within(500, 1));
    expect(lines).toHaveLength(10);
    expect(lines[1]).toBe('> [x]  99992  1.00 KiB  f99991');
    expect(lines.at(-1)).toBe('1 of 100000 files, 1.00 KiB, 99992–9999…');
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(40);
  });

  const ask = (keys: string | undefined, signal = new AbortController().signal) => {
    const [input, drawn] = [new PassThrough(), [] as string[]];
    const output = Object.assign(
      new Writable({ write: (chunk: Buffer, _, done) => (drawn.push(chunk.toString()), done()) }),
      { columns: 60, rows: 10 },
    );
    if (keys === undefined) input.end();
    else input.write(keys);
    return { drawn, chosen: tick(of('a', 'b'), undefined, { input, output }, signal) };
  };

  it('asks again when nothing is ticked', async () => {
    const { drawn, chosen } = ask(`a\r \r`);
    expect(await chosen).toEqual([[0, 0]]);
    expect(drawn.join('')).toContain('tick at least one');
  });

  it.each([
    ['Ctrl-C', '\x03'],
    ['Ctrl-D', '\x04'],
    ['the end of what is typed', undefined],
  ])('%s leaves it', async (_, keys) => {
    await expect(ask(keys).chosen).rejects.toBeInstanceOf(Interrupted);
  });

  it('and so does a signal, which gives the cursor back', async () => {
    const stop = new AbortController();
    const { drawn, chosen } = ask('', stop.signal);
    stop.abort();
    await expect(chosen).rejects.toBeInstanceOf(Interrupted);
    expect(drawn.join('')).toContain('\x1b[?25h');
  });
});
