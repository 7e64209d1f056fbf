import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Board } from '../../src/cli/views/board.ts';
import { type Row, severalLine, severalLines, totalLine, totalLogLine } from '../../src/cli/views/several.ts';
import { columns } from '../../src/cli/io/text.ts';
import type { DownloadEvent, Progress } from '../../src/contracts/events.ts';

const MiB = 2 ** 20;

const progress = (part: Partial<Progress> = {}): Progress => ({
  type: 'progress',
  phase: 'downloading',
  stored: 24 * MiB,
  length: 64 * MiB,
  pieces: 4,
  pieceCount: 8,
  downloaded: 25 * MiB,
  uploaded: 0,
  rate: 2 * MiB,
  upRate: 0,
  ratio: 0,
  eta: 3700,
  peers: { known: 12, connecting: 0, connected: 5, unchoked: 2, banned: 0 },
  wasted: 0,
  ...part,
});

const row = (name: string, part: Partial<Progress> = {}): Row => ({ name, state: 'running', progress: progress(part) });
const still = (part: Partial<Progress>): Progress => {
  const { eta, ...rest } = progress(part);
  expect(eta).toBe(3700);
  return rest;
};

const rows: readonly Row[] = [
  row('debian-12.7.0-amd64-netinst.iso'),
  row('Ubuntu'),
  {
    name: 'nobody there',
    state: 'running',
    progress: still({ rate: 0, reason: '12 peers known, none answers\x1b[2J' }),
  },
  { name: 'a link', state: 'running', progress: still({ phase: 'metadata', length: 0, stored: 0, rate: 0 }) },
  { name: 'looked at', state: 'running', progress: still({ phase: 'checking', rate: 0 }) },
  {
    name: '日本語の名前がここにあります、長い',
    state: 'running',
    progress: still({ phase: 'seeding', rate: 0, stored: 64 * MiB, upRate: MiB }),
  },
  { name: 'later', state: 'waiting', length: 700 * MiB },
];
const over: readonly Row[] = [
  ...rows,
  { name: 'done', state: 'over', progress: progress({ phase: 'done', stored: 64 * MiB }) },
  { name: 'bad', state: 'failed' },
];

describe('the rows of several torrents', () => {
  it('keep name, percent, rate and time at 40 columns', () => {
    expect([totalLine(over, 37), ...severalLines(rows, 37, 20)]).toMatchInlineSnapshot(`
      [
        "20.6 %  ↓ 4.00 MiB/s · 3 min left",
        "37.5 % debian…iso ↓ 2.00 MiB/s 1 h",
        "37.5 % Ubuntu     ↓ 2.00 MiB/s 1 h",
        "37.5 % nobody…ere ↓ 0 B/s",
        "     – a link     asking peers",
        "37.5 % looked at  checking",
        " 100 % 日本語…い  ↑ 1.00 MiB/s seeds",
        "     – later      waiting",
      ]
    `);
  });

  it('add how much is there at 80', () => {
    expect([totalLine(over, 77), ...severalLines(rows, 77, 20)]).toMatchInlineSnapshot(`
      [
        "20.6 %  ↓ 4.00 MiB/s · 3 min 35 s left · 224 MiB of 1.06 GiB · 30 peers",
        "37.5 %  debian-12.7.0…st.iso  ↓ 2.00 MiB/s  1 h 1 min    24.0 of 64.0 MiB",
        "37.5 %  Ubuntu                ↓ 2.00 MiB/s  1 h 1 min    24.0 of 64.0 MiB",
        "37.5 %  nobody there          ↓ 0 B/s       12 peers known, none answers\\x1b…",
        "     –  a link                asking peers",
        "37.5 %  looked at             checking                   24.0 of 64.0 MiB",
        " 100 %  日本語の名前…、長い   ↑ 1.00 MiB/s  seeding      64.0 of 64.0 MiB",
        "     –  later                 waiting                    700 MiB",
      ]
    `);
  });

  it('add the peers at 120', () => {
    expect([totalLine(over, 117), ...severalLines(rows, 117, 20)]).toMatchInlineSnapshot(`
      [
        "20.6 %  ↓ 4.00 MiB/s · 3 min 35 s left · 224 MiB of 1.06 GiB · 30 peers · ↑ 1.00 MiB/s",
        "37.5 %  debian-12.7.0-amd64-netinst.iso     ↓ 2.00 MiB/s  1 h 1 min    24.0 of 64.0 MiB      5 of 12 peers",
        "37.5 %  Ubuntu                              ↓ 2.00 MiB/s  1 h 1 min    24.0 of 64.0 MiB      5 of 12 peers",
        "37.5 %  nobody there                        ↓ 0 B/s       12 peers known, none answers\\x1b[2J",
        "     –  a link                              asking peers                                     5 of 12 peers",
        "37.5 %  looked at                           checking                   24.0 of 64.0 MiB      5 of 12 peers",
        " 100 %  日本語の名前がここにあります、長い  ↑ 1.00 MiB/s  seeding      64.0 of 64.0 MiB      5 of 12 peers",
        "     –  later                               waiting                    700 MiB",
      ]
    `);
  });

  it('are as many as there is room for, and say how many more there are', () => {
    expect(severalLines(rows, 77, 3)).toEqual([...severalLines(rows.slice(0, 2), 77, 9), '… and 5 more']);
    expect(severalLines(rows, 77, 7)).toHaveLength(7);
    expect(severalLines(rows, 77, 1)).toEqual(['… and 7 more']);
    expect(severalLines(rows, 77, 0)).toEqual([]);
  });

  it('fit in any terminal, whatever the name', () => {
    const name = fc.oneof(
      fc.string(),
      fc.string({ unit: 'grapheme' }),
      fc.constantFrom('👨‍👩‍👧‍👦'.repeat(9), 'e\u0301\u0302'.repeat(40), '日本'.repeat(20)),
    );
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 200 }),
        fc.integer({ min: 0, max: 12 }),
        fc.array(name, { maxLength: 9 }),
        (width, height, names) => {
          const all = [...rows, ...names.map((each) => row(each.replaceAll(/\p{Cc}/gu, '')))];
          const lines = severalLines(all, width, height);
          expect(lines.length).toBeLessThanOrEqual(height);
          for (const line of [totalLine(all, width), ...lines]) expect(columns(line)).toBeLessThanOrEqual(width);
        },
      ),
    );
  });

  it('say all in a log', () => {
    expect(severalLine(rows[1] as Row)).toMatch(/^Ubuntu: 37\.5 %, 24\.0 MiB of 64\.0 MiB, ↓ 2\.00 MiB\/s/);
    expect(severalLine(rows.at(-1) as Row)).toBe('later: waiting');
    expect(totalLogLine(over)).toBe(
      '9 torrents: 2 complete, 1 failed, 1 waiting; 20.6 %, ↓ 4.00 MiB/s, 3 min 35 s left, ' +
        '224 MiB of 1.06 GiB, 30 peers, ↑ 1.00 MiB/s',
    );
  });
});

describe('the board', () => {
  const named = (name: string, at: number) => ({ name, infoHash: String(at), length: 64 * MiB });
  const boardOf = (...names: readonly string[]) => {
    let time = 0;
    const all = names.map(named);
    const board = new Board(all, () => time);
    const show = (name: string, event: DownloadEvent): void =>
      board.see(event, all.find((each) => each.name === name) ?? named(name, -1));
    return { board, all, show, wait: (milliseconds: number) => (time += milliseconds) };
  };
  const order = (board: Board, height = 20): readonly string[] =>
    board
      .lines(77, height)
      .slice(1)
      .map((line) => /[a-z]+/.exec(line)?.[0] ?? '');

  it('has those that wait from the beginning, in the order given', () => {
    const { board } = boardOf('one', 'two', 'three');
    expect(order(board)).toEqual(['one', 'two', 'three']);
    expect(board.lines(77, 20)[1]).toMatch(/^ +–  one +waiting +64\.0 MiB$/);
  });

  it('has the busiest first, and sorts them no more often than every five seconds', () => {
    const { board, show, wait } = boardOf('one', 'two', 'three', 'four');
    expect(order(board)).toEqual(['one', 'two', 'three', 'four']);
    show('two', progress({ rate: MiB }));
    show('three', progress({ rate: 5 * MiB }));
    wait(4_999);
    expect(order(board)).toEqual(['one', 'two', 'three', 'four']);
    wait(1);
    expect(order(board)).toEqual(['three', 'two', 'one', 'four']);
    show('two', progress({ rate: 9 * MiB }));
    expect(order(board)).toEqual(['three', 'two', 'one', 'four']);
    wait(5_000);
    expect(order(board)).toEqual(['two', 'three', 'one', 'four']);
    expect(order(board, 3)).toEqual(['two', 'and']);
  });

  it('looks at nothing while nothing has changed, however many there are, and how often it is drawn', () => {
    const { board, all, show, wait } = boardOf(...Array.from({ length: 1000 }, (_, n) => `seed ${n}`));
    let looked = 0;
    const seeding = progress({ phase: 'seeding', stored: 64 * MiB });
    const counted = new Proxy(seeding, { get: (event, key) => (looked++, Reflect.get(event, key) as unknown) });
    for (const { name } of all) show(name, counted);
    wait(5_000);
    const [first, title] = [board.lines(77, 20), board.title];
    expect(first).toHaveLength(20);
    looked = 0;
    for (let frame = 0; frame < 240; frame++) {
      wait(250);
      expect([board.lines(77, 20), board.title]).toEqual([first, title]);
      expect(board.lines(77, 20)).toBe(first);
    }
    expect(looked).toBe(0);
    show('seed 7', progress({ phase: 'seeding', stored: 64 * MiB, upRate: MiB }));
    expect(order(board)[0]).toBe('seed');
    expect(board.lines(77, 20)[1]).toMatch(/seed 7 .*1\.00 MiB\/s/);
    expect(board.lines(60, 20)).not.toBe(board.lines(77, 20));
  });

  it('takes away those that are over, and counts them', () => {
    const { board, all, show } = boardOf('one', 'two', 'three');
    show('one', progress({ phase: 'done', stored: 64 * MiB }));
    board.over(all[0] ?? named('', 0), 'complete');
    board.over(all[1] ?? named('', 0), 'failed');
    expect(order(board)).toEqual(['three']);
    expect([board.title, board.lines(117, 20)[0]]).toEqual([
      '3 torrents: 1 complete, 1 failed, 1 waiting',
      '50.0 %  ↓ 0 B/s · 64.0 of 128 MiB · 0 peers',
    ]);
  });

  it('calls a magnet link by its name as soon as that is known', () => {
    const { board, show } = boardOf('one');
    show('one', { type: 'metadata', torrent: { name: 'known\x1b[2J', length: 5 } } as DownloadEvent);
    expect(board.lines(77, 20)[1]).toContain('known\\x1b[2J');
  });

  it('shows a log ten at once', () => {
    const { board } = boardOf(...[...Array(14).keys()].map((index) => `t${index}`));
    const lines = board.line().split('\n  ');
    expect(lines[0]).toBe('14 torrents: 14 waiting; 0.0 %, ↓ 0 B/s, 0 B of 896 MiB, 0 peers');
    expect(lines.slice(-2)).toEqual(['t9: waiting', '… and 4 more']);
  });
});
