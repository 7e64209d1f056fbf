import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chooseFiles, MATCH_TIME } from '../../src/cli/choice/chooseFiles.ts';
import { MAX_CHOICES, parseChoices } from '../../src/cli/choice/choices.ts';
import { InputError } from '../../src/contracts/errors.ts';
import { numbersOf } from '../../src/torrent/metainfo/fileNumbers.ts';
import type { TorrentFile } from '../../src/torrent/metainfo/fileList.ts';
import { within } from '../machine.ts';

const file = (path: string, padding = false): TorrentFile => ({
  path: path.split('/'),
  length: 1,
  offset: 0,
  padding,
  attributes: '',
});
const torrentOf = (...paths: string[]) => ({ files: paths.map((path) => file(path, path.startsWith('.pad/'))) });

/** The paths that are chosen. */
const chosen = (paths: readonly string[], ...values: string[]): readonly string[] => {
  const spans = chooseFiles(torrentOf(...paths), parseChoices(values));
  return spans === undefined
    ? paths.filter((path) => !path.startsWith('.pad/'))
    : spans.flatMap(([first, last]) => paths.slice(first, last + 1));
};

const SHOW = [
  'readme.nfo',
  'Season 1/e1.mkv',
  'Season 1/e1.srt',
  'Season 2/e1.MKV',
  'Season 2/extras/a.mkv',
  'Season 2/extras/.hidden',
];

describe('numbers', () => {
  it.each([
    ['1', ['readme.nfo']],
    ['1,3-4', ['readme.nfo', 'Season 1/e1.srt', 'Season 2/e1.MKV']],
    [' 2 - 3 , 1', SHOW.slice(0, 3)],
    ['5-', SHOW.slice(4)],
    ['!1,3-6', ['Season 1/e1.mkv']],
  ])('%s', (value, wanted) => expect(chosen(SHOW, value)).toEqual(wanted));

  it('padding has none, and is never chosen', () => {
    const paths = ['a', '.pad/5', 'b', '.pad/6', 'c'];
    expect(chooseFiles(torrentOf(...paths), parseChoices(['2-3']))).toEqual([
      [2, 2],
      [4, 4],
    ]);
    expect(() => chosen(paths, '.pad/5')).toThrow('none of 3 files');
  });

  it('all of them is no selection', () => {
    expect(chooseFiles(torrentOf('a', '.pad/1', 'b'), parseChoices(['1-2']))).toBeUndefined();
    expect(chooseFiles(torrentOf('a', 'b'), parseChoices(['!*.nfo']))).toBeUndefined();
  });
});

describe('patterns', () => {
  it.each([
    // Without a slash the last name alone counts, in every folder, and so does neither case nor a dot at the front.
    ['*.mkv', ['Season 1/e1.mkv', 'Season 2/e1.MKV', 'Season 2/extras/a.mkv']],
    ['E1.*', ['Season 1/e1.mkv', 'Season 1/e1.srt', 'Season 2/e1.MKV']],
    ['*.{nfo,srt}', ['readme.nfo', 'Season 1/e1.srt']],
    ['*', SHOW],
    ['?1.s[rt]t', ['Season 1/e1.srt']],
    ['[!e]*.mkv', ['Season 2/extras/a.mkv']],
    // With one it is the whole path.
    ['Season 1/*', ['Season 1/e1.mkv', 'Season 1/e1.srt']],
    ['season ?/*.mkv', ['Season 1/e1.mkv', 'Season 2/e1.MKV']],
    ['Season 2/**', SHOW.slice(3)],
    ['**/extras/*', ['Season 2/extras/a.mkv', 'Season 2/extras/.hidden']],
    ['./*', ['readme.nfo']],
    ['/readme.*', ['readme.nfo']],
    // A folder is all in it.
    ['Season 2', SHOW.slice(3)],
    ['extras/', ['Season 2/extras/a.mkv', 'Season 2/extras/.hidden']],
    ['Season */', SHOW.slice(1)],
  ])('%s', (value, wanted) => expect(chosen(SHOW, value)).toEqual(wanted));

  it('several add up, and what is left out is left out, whichever comes first', () => {
    expect(chosen(SHOW, '!Season 2/', '*.mkv', '1')).toEqual(['readme.nfo', 'Season 1/e1.mkv']);
    expect(chosen(SHOW, '!*.mkv')).toEqual(['readme.nfo', 'Season 1/e1.srt', 'Season 2/extras/.hidden']);
    expect(chosen(SHOW, '!*.mkv', '!1')).toEqual(['Season 1/e1.srt', 'Season 2/extras/.hidden']);
  });

  it.each([
    ['007', './007'],
    ['1-2', './1-2'],
    ['disc/01', 'disc/01'],
    ['disc/01', '**/01'],
    ['!important', './!important'],
    ['!important', '\\!important'],
    ['a, b.txt', 'a, b.txt'],
    ['1,2', './1,2'],
    ['[Group] Show (2019) - 01.mkv', '[Group] Show (2019) - 01.mkv'],
    ['[Group] Show (2019) - 01.mkv', '[Group] * (2019)*'],
    ['[Group] Show (2019) - 01.mkv', '\\[group\\] *'],
    ['what {is} this?.txt', 'what {is} this?.txt'],
    ['a|b+c@(d) $^.txt', 'A|b+c@(d) $^.*'],
    ['back\\slash', 'back\\slash'],
    ['"quoted"', '"quoted"'],
    ['--option', '--option'],
    ['Grüße', 'Gru\u0308ße'],
    ['Gru\u0308ße', 'grü*'],
    ['two\nlines', 'two*'],
    ['ПРИВЕТ.txt', 'привет.*'],
  ])('%s is reached by %s', (path, value) => expect(chosen([path, 'other/x'], value)).toEqual([path]));
});

describe('what makes no sense names itself, and says how many files there are', () => {
  it.each([
    [['0'], '--files "0": files are counted from 1, as rxtorrent info shows them'],
    [['5-3'], '--files "5-3": 5-3 ends before it begins'],
    [['1,,2'], '--files "1,,2": expected numbers and ranges of files such as 1,3-5 or 7-'],
    [['-3'], '--files "-3": expected numbers and ranges of files such as 1,3-5 or 7-'],
    [[''], '--files "": is empty: expected numbers such as 1,3-5, or a pattern such as *.mkv'],
    [['!'], '--files "!": is empty: expected numbers such as 1,3-5, or a pattern such as *.mkv'],
    [['1,7'], '--files "1,7": there are 6 files, counted from 1 as rxtorrent info shows them'],
    [['!7'], '--files "!7": there are 6 files, counted from 1 as rxtorrent info shows them'],
    [['7-'], '--files "7-": there are 6 files, counted from 1 as rxtorrent info shows them'],
    [['*.iso'], '--files "*.iso": none of 6 files has such a name: rxtorrent info shows their names'],
    [['*.mkv,*.srt'], '--files "*.mkv,*.srt": none of 6 files has such a name: give --files once for each pattern'],
    [['!*'], '--files "!*": nothing is left of 6 files: choose at least one'],
    [['*.nfo', '!1'], '--files "*.nfo" "!1": nothing is left of 6 files: choose at least one'],
  ])('%j', (values, message) => {
    expect(() => chosen(SHOW, ...values)).toThrow(InputError);
    expect(() => chosen(SHOW, ...values)).toThrow(new RegExp(`^${message.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}$`));
  });

  it('and so does what is too much', () => {
    expect(() =>
      parseChoices([
        Array(MAX_CHOICES + 1)
          .fill(1)
          .join(),
      ]),
    ).toThrow(`at most ${MAX_CHOICES}`);
    expect(() => parseChoices(['a'.repeat(5000)])).toThrow('at most 4096 characters');
  });
});

describe('of many files', () => {
  const paths = Array.from(
    { length: 100_000 },
    (_, at) => `folder ${at % 100}/file number ${at}.${at % 7 === 0 ? 'nfo' : 'mkv'}`,
  );

  it('patterns and numbers take a moment', () => {
    const began = performance.now();
    expect(chosen(paths, '*.mkv', '!folder 1*/*number*5*.mkv', '!1-50000').length).toBeGreaterThan(1000);
    expect(performance.now() - began).toBeLessThan(within(2000, 1));
  });

  it('names that are made to take years are given up', () => {
    const hostile = Array.from({ length: 40_000 }, (_, at) => 'a'.repeat(240) + at);
    const began = performance.now();
    expect(() => chosen(hostile, '*a*a*a*a*a*a*a*b')).toThrow(
      'takes too long to compare with names such as these: choose by numbers',
    );
    expect(performance.now() - began).toBeLessThan(MATCH_TIME + within(500));
    expect(chosen(hostile, '2-3')).toHaveLength(2);
  });
});

describe('whatever is chosen', () => {
  const aFile = fc.record({ name: fc.string({ minLength: 1 }), padding: fc.boolean() });
  const aChoice = fc.oneof(
    fc.tuple(fc.nat(12), fc.nat(12)).map(([a, b]) => `${Math.min(a, b) + 1}-${Math.max(a, b) + 1}`),
    fc.constantFrom('*', '?', 'a*', '*a', './*', '**', '[a]', '{a,b}'),
    fc.string({ minLength: 1 }),
  );
  const choice = fc.tuple(fc.boolean(), aChoice).map(([without, text]) => `${without ? '!' : ''}${text}`);

  it('is in order, apart, real, no padding, and some but not all; or a refusal', () => {
    fc.assert(
      fc.property(
        fc.array(aFile, { minLength: 1 }),
        fc.array(choice, { minLength: 1, maxLength: 4 }),
        (files, values) => {
          const torrent = { files: files.map(({ name, padding }) => ({ ...file(name), path: [name], padding })) };
          try {
            const spans = chooseFiles(torrent, parseChoices(values));
            if (spans === undefined) return;
            expect(spans.length).toBeGreaterThan(0);
            spans.forEach(([first, last], at) => {
              expect(first).toBeGreaterThan((spans[at - 1]?.[1] ?? -2) + 1);
              expect(last).toBeGreaterThanOrEqual(first);
              for (let place = first; place <= last; place++) expect(torrent.files[place]?.padding).toBe(false);
            });
            // Chosen again by the numbers that info shows, they are the same.
            const numbers = numbersOf(torrent, spans).map(([first, last]) => `${first}-${last}`);
            expect(chooseFiles(torrent, parseChoices([numbers.join()]))).toEqual(spans);
          } catch (error) {
            expect(error).toBeInstanceOf(InputError);
          }
        },
      ),
    );
  });
});
