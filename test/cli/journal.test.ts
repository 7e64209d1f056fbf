import { describe, expect, it } from 'vitest';
import { GaveUp, Interrupted, SomeFailed } from '../../src/cli/io/exit.ts';
import { MAX_PATHS } from '../../src/contracts/json/jsonOf.ts';
import { Journal } from '../../src/cli/json/journal.ts';
import type { Done, Progress } from '../../src/contracts/events.ts';
import { InputError, StorageError } from '../../src/contracts/errors.ts';
import type { JsonEvent } from '../../src/index.ts';
import { problems } from '../json/problems.ts';

const [ONE, TWO] = ['1'.repeat(40), '2'.repeat(40)];
const sample = (downloaded: number): Progress => ({
  type: 'progress',
  phase: 'downloading',
  stored: downloaded,
  length: 100,
  pieces: 0,
  pieceCount: 1,
  downloaded,
  uploaded: 3,
  rate: 1,
  upRate: 0,
  ratio: 0.5,
  peers: { known: 1, connecting: 0, connected: 1, unchoked: 1, banned: 0 },
  wasted: 2,
});
const done = (paths: readonly string[] = ['/d/a']): Done => ({
  type: 'done',
  length: 100,
  path: '/d',
  paths,
  downloaded: 7,
  uploaded: 3,
  wasted: 2,
});

/** A journal whose clock stands until it is put on, and what it has written. */
const journal = (command = 'download') => {
  let text = '';
  let now = Date.UTC(2026, 10, 21, 11, 23, 55, 565);
  const it = new Journal((line) => (text += `${line}\n`), '1.2.3', { wall: () => now, steady: () => now });
  it.command = command;
  const said = (): (JsonEvent & Record<string, unknown>)[] =>
    text
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as JsonEvent & Record<string, unknown>);
  return {
    it,
    said,
    text: () => text,
    wait: (milliseconds: number) => void (now += milliseconds),
    types: () => said().map(({ type }) => type),
  };
};

describe('what --json writes', () => {
  it('has type, torrent and time, begins with start and ends with what it has come to', () => {
    const { it, said, text, wait } = journal();
    it.start({ sources: ['a.torrent'], name: 'a', length: 100 }, ONE);
    wait(1500);
    it.event(sample(7), ONE);
    it.event(done(), ONE);
    it.end(ONE);
    const about = { torrent: ONE, time: '2026-11-21T11:23:57.065Z' };
    expect(said()).toEqual([
      {
        ...{ type: 'start', torrent: ONE, time: '2026-11-21T11:23:55.565Z', command: 'download', version: '1.2.3' },
        ...{ sources: ['a.torrent'], name: 'a', length: 100 },
      },
      { ...sample(7), ...about },
      { ...done(), ...about },
      {
        ...{ type: 'end', ...about, reason: 'complete', exitCode: 0, seconds: 1.5 },
        ...{ length: 100, stored: 100, downloaded: 7, uploaded: 3, wasted: 2, ratio: 0.5, path: '/d', paths: ['/d/a'] },
      },
    ]);
    expect(problems(text())).toEqual([]);
  });

  it.each([
    [undefined, 'complete', 0],
    [new Interrupted(), 'interrupted', 130],
    [new GaveUp('timeout', 'x'), 'gave-up', 4],
    [new InputError('bad-option', 'x'), 'error', 2],
    [new StorageError('denied', 'x'), 'error', 3],
    [new TypeError('x'), 'error', 70],
    ['no error at all', 'error', 70],
  ])('ends with the reason: %s', (error, reason, exitCode) => {
    const { it, said, text, types } = journal();
    it.start({ target: '/d/a' }, ONE);
    it.close(error);
    expect(said().at(-1)).toMatchObject({ type: 'end', torrent: ONE, reason, exitCode, path: '/d/a' });
    expect(types().includes('error')).toBe(exitCode !== 0 && exitCode !== 130);
    expect(problems(text())).toEqual([]);
  });

  it('counts the time in which sources were fetched, too: before the first start, for each torrent', () => {
    const { it, said, wait } = journal();
    wait(4000);
    it.start({ sources: ['http://slow.example/a.torrent'] }, ONE);
    wait(1000);
    it.end(ONE);
    wait(5000);
    it.start({ sources: ['b.torrent'] }, TWO);
    wait(500);
    it.end(TWO);
    expect(
      said()
        .filter(({ type }) => type === 'end')
        .map(({ seconds }) => seconds),
    ).toEqual([5, 4.5]);
  });

  it('says seeded when enough was given, and how much', () => {
    const { it, said } = journal('seed');
    it.start({}, ONE);
    it.event(done(), ONE);
    it.event({ type: 'seeded', reason: 'ratio', uploaded: 100, ratio: Number.NaN }, ONE);
    it.end(ONE);
    expect(said().at(-2)).toMatchObject({ type: 'seeded', uploaded: 100, ratio: 0 });
    expect(said().at(-1)).toMatchObject({ reason: 'seeded', uploaded: 3, ratio: 0 });
  });

  it('has progress once a second, only when it has changed, and the last one before the end', () => {
    const { it, said, wait, types } = journal();
    it.start({}, ONE);
    for (let n = 0; n < 40; n++) {
      it.event(sample(n < 20 ? n : 20), ONE);
      wait(250);
    }
    const told = said().filter(({ type }) => type === 'progress');
    expect(told.map(({ downloaded }) => downloaded)).toEqual([0, 4, 8, 12, 16, 20]);
    it.event(sample(21), ONE);
    it.event(sample(22), ONE);
    it.end(ONE);
    expect(types().slice(-2)).toEqual(['progress', 'end']);
    expect(said().at(-2)).toMatchObject({ downloaded: 22 });
    expect(said().at(-1)).toMatchObject({ downloaded: 22 });
  });

  it('keeps torrents apart; each error is told once, where it belongs', () => {
    const { it, said, text } = journal();
    const error = new StorageError('full', 'x');
    it.start({}, ONE);
    it.start({}, TWO);
    it.end(ONE, error);
    it.event(done(), TWO);
    it.end(TWO);
    it.close(error);
    expect(said().map(({ type, torrent }) => [type, torrent])).toEqual([
      ['start', ONE],
      ['start', TWO],
      ['error', ONE],
      ['end', ONE],
      ['done', TWO],
      ['end', TWO],
    ]);
    expect(problems(text())).toEqual([]);
  });

  it('says of each source why it can not be used, beside others', () => {
    const { it, said, text } = journal();
    const errors = [new InputError('bad-option', 'x'), new InputError('bad-metainfo', 'y')];
    it.refused('one', errors[0]);
    it.refused('two', errors[1]);
    it.start({}, ONE);
    it.end(ONE);
    it.close(new SomeFailed(errors, 3));
    expect(said().map(({ type, sources, code }) => [type, sources ?? code])).toEqual([
      ['start', ['one']],
      ['error', 'bad-option'],
      ['end', undefined],
      ['start', ['two']],
      ['error', 'bad-metainfo'],
      ['end', undefined],
      ['start', undefined],
      ['end', undefined],
    ]);
    expect(problems(text())).toEqual([]);
  });

  it('ends what is open when the command does, and says nothing after that', () => {
    const { it, types, text } = journal();
    it.start({}, ONE);
    it.start({}, TWO);
    it.end(ONE);
    it.event(sample(1), ONE);
    it.close(new Interrupted());
    it.close(new InputError('bad-option', 'x'));
    it.event(sample(1), TWO);
    expect(types()).toEqual(['start', 'start', 'end', 'end']);
    expect(problems(text())).toEqual([]);
  });

  it('waits with the end when there is more to say', () => {
    const { it, types } = journal('demo');
    it.hold();
    it.start({}, ONE);
    it.end(ONE);
    it.tell({ type: 'demo', identical: true }, ONE);
    it.close();
    expect(types()).toEqual(['start', 'demo', 'end']);
  });

  it('begins with start whatever comes first, and is complete without any torrent', () => {
    const { it, types, text } = journal('');
    it.tell({ type: 'warning', code: 'unknown-variable', message: 'x' });
    it.close(new InputError('bad-option', 'x'));
    expect(types()).toEqual(['start', 'warning', 'error', 'end']);
    expect(problems(text())).toEqual([]);
    const other = journal();
    other.it.start({}, ONE);
    other.it.end(ONE);
    other.it.close(new TypeError('x'));
    expect(other.types()).toEqual(['start', 'end', 'start', 'error', 'end']);
    expect(problems(other.text())).toEqual([]);
  });

  it('learns the info-hash of what is being made', () => {
    const { it, said, text } = journal('create');
    it.start({ sources: ['photos'] });
    it.tell({ type: 'hashed', index: 0, hashed: 1, total: 1, length: 1, pieceLength: 16_384 });
    const what = {
      path: 'p',
      name: 'p',
      length: 1,
      files: 1,
      pieceLength: 16_384,
      pieceCount: 1,
      private: false,
      magnet: 'm',
    };
    it.tell({ type: 'created', infoHash: ONE, ...what }, ONE);
    it.close();
    expect(said().map(({ type, torrent }) => [type, torrent])).toEqual([
      ['start', undefined],
      ['hashed', undefined],
      ['created', ONE],
      ['end', ONE],
    ]);
    expect(problems(text())).toEqual([]);
  });

  it('lists a thousand paths, and says how many more there are', () => {
    const { it, said, text } = journal();
    it.start({}, ONE);
    it.event(done(Array.from({ length: 100_000 }, (_, n) => `/d/${n}`)), ONE);
    it.end(ONE);
    for (const object of said().slice(1))
      expect(object).toMatchObject({ paths: { length: MAX_PATHS }, morePaths: 100_000 - MAX_PATHS });
    expect(problems(text())).toEqual([]);
  });

  it('has moments of trackers as moments', () => {
    const { it, said } = journal();
    it.start({}, ONE);
    const status = { type: 'tracker', url: 'http://x/', tier: 0, state: 'working', failures: 0 } as const;
    it.event({ ...status, lastAnswer: Date.UTC(2026, 0, 2), nextAnnounce: Number.MAX_VALUE }, ONE);
    expect(said()[1]).toMatchObject({ lastAnswer: '2026-01-02T00:00:00.000Z' });
    expect(said()[1]).not.toHaveProperty('nextAnnounce');
  });

  it('leaves nothing that a terminal acts on, whatever strangers call themselves', () => {
    const { it, said, text } = journal();
    it.start({ name: '\x1b]0;x\x07\u202e' }, ONE);
    it.decoded('{"a":123456789012345678901234567890}');
    it.end(ONE);
    expect(problems(text())).toEqual([]);
    expect(said()[0]).toMatchObject({ name: '\x1b]0;x\x07\u202e' });
    expect(text()).toContain('"value":{"a":123456789012345678901234567890}}');
  });
});
