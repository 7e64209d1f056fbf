import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_COMPONENT, MAX_DEPTH, rootName, safeName, safePaths } from '../../src/disk/safePath.ts';
import { type FileSpec, torrentOf } from '../disk/torrents.ts';

const folder = '/downloads/here';
const placed = (...paths: readonly (readonly string[])[]): string[] =>
  safePaths(torrentOf({ files: paths.map((path) => ({ path, length: 1 })) }), { folder }).map((file) => path.relative(`${folder}/name`, file));

describe('safeName', () => {
  it.each([
    ['..hidden'],
    ['a..b'],
    ['foo... bar'],
    ['.bashrc'],
    ['a b.tar.gz'],
    ['CONSOLE'],
    ['com'],
    ['com10.txt'],
    ['näïve – 日本語 🎬.mkv'],
    ['~user'],
    ['-rf'],
    ['$HOME `x`'],
    [' leading space'],
  ])('leaves %j as it is', (name) => {
    expect(safeName(name)).toBe(name);
  });

  it.each([
    ['a/b', 'a_b'],
    ['a\\b', 'a_b'],
    ['/etc/passwd', '_etc_passwd'],
    ['..\\..\\x', '.._.._x'],
    ['C:', 'C_'],
    ['c:\\windows', 'c__windows'],
    ['file.txt:stream', 'file.txt_stream'],
    ['a\0b', 'a_b'],
    ['a\nb\x1b[31m\x7f\x85\x9bc', 'a_b_[31m___c'],
    ['what?*<>|"', 'what______'],
    ['photo\u202egpj.exe', 'photogpj.exe'],
    ['a\u200b\u200d\u2060\ufeff\u00ad\u061c\u2066b', 'a\u00adb'],
    ['\ud800x', '_x'],
    ['trailing. . .', 'trailing'],
    ['trailing ', 'trailing'],
    ['...', '_'],
    [' ', '_'],
    ['', '_'],
    ['\u200b', '_'],
    ['CON', '_CON'],
    ['nul.txt', '_nul.txt'],
    ['Com1.tar.gz', '_Com1.tar.gz'],
    ['lpt9 .x', '_lpt9 .x'],
    ['COM²', '_COM²'],
    ['aux.', '_aux'],
    ['c\u200bon', '_con'],
  ])('makes %j into %j', (name, safe) => {
    expect(safeName(name)).toBe(safe);
  });

  it('shortens at 240 bytes between two characters and keeps a short extension', () => {
    expect(safeName(`${'a'.repeat(300)}.torrent`)).toBe(`${'a'.repeat(232)}.torrent`);
    expect(safeName(`${'a'.repeat(300)}.0123456789`)).toBe(`${'a'.repeat(229)}.0123456789`);
    expect(safeName(`${'a'.repeat(300)}.0123456789x`)).toBe('a'.repeat(240));
    expect(safeName('é'.repeat(200))).toBe('é'.repeat(120));
    expect(safeName(`x${'🎬'.repeat(100)}`)).toBe(`x${'🎬'.repeat(59)}`);
    expect(safeName('a'.repeat(240))).toBe('a'.repeat(240));
    expect(safeName(`${'.'.repeat(240)}${'x'.repeat(20)}`)).toBe('_');
    expect(safeName(`con${' '.repeat(300)}x`)).toBe('_con');
    expect(safeName(`con.${'x'.repeat(236)}`)).toBe(`_con.${'x'.repeat(235)}`);
  });
});

describe('safePaths', () => {
  it('drops `.`, `..` and empty names, and never gives a file no name', () => {
    expect(placed(['..', '..', 'etc', 'passwd'], ['.', 'a', '', 'b'], ['..'], [])).toEqual(['etc/passwd', 'a/b', '_', '_.1']);
  });

  it('puts one file under its own name, or the one that was asked for', () => {
    const torrent = torrentOf({ layout: 'file', name: '../../x.txt', files: [{ path: ['ignored'], length: 1 }] });
    expect(safePaths(torrent, { folder })).toEqual([`${folder}/.._.._x.txt`]);
    expect(safePaths(torrent, { folder, name: 'mine' })).toEqual([`${folder}/mine`]);
    expect(safePaths(torrentOf({ name: '..' }), { folder })).toEqual([`${folder}/_/a`]);
    expect(safePaths(torrentOf({ name: 'x' }), { folder, name: 'mine' })).toEqual([`${folder}/mine/a`]);
    expect(safePaths(torrentOf({ name: 'x' }), { folder: '/' })).toEqual(['/x/a']);
  });

  it.each(['', '.', '..', 'a/b', '../a', 'a\\b', '/a', 'a\0'])('refuses %j as the name that was asked for', (name) => {
    const torrent = torrentOf({ layout: 'file' });
    expect(() => safePaths(torrent, { folder, name })).toThrow(expect.objectContaining({ name: 'InputError', code: 'unsafe-path' }));
  });

  it('does not let a torrent pose as the notes or the lock of another', () => {
    expect(rootName(torrentOf({ name: '.other.01234567.rxtorrent' }), { folder })).toBe('_.other.01234567.rxtorrent');
    expect(rootName(torrentOf({ name: '.Other.RXTORRENT.lock' }), { folder })).toBe('_.Other.RXTORRENT.lock');
  });

  it('gives padding no path', () => {
    const files: FileSpec[] = [
      { path: ['a'], length: 1 },
      { path: ['.pad', '1'], length: 1, padding: true },
      { path: ['.pad', '1'], length: 1 },
    ];
    expect(safePaths(torrentOf({ files }), { folder })).toEqual([`${folder}/name/a`, '', `${folder}/name/.pad/1`]);
  });

  it('numbers the later of two equal names', () => {
    expect(placed(['bar.txt'], ['bar.txt'], ['bar.txt'], ['.rc'], ['.rc'])).toEqual(['bar.txt', 'bar.1.txt', 'bar.2.txt', '.rc', '.rc.1']);
    expect(placed(['a'], ['a.1'], ['a'])).toEqual(['a', 'a.1', 'a.2']);
    expect(placed(['a?'], ['a*'])).toEqual(['a_', 'a_.1']);
  });

  it('numbers names that differ by case or composition alone', () => {
    expect(placed(['Readme'], ['README'], ['readme'])).toEqual(['Readme', 'README.1', 'readme.2']);
    expect(placed(['caf\u00e9'], ['cafe\u0301'])).toEqual(['caf\u00e9', 'cafe\u0301.1']);
    expect(placed(['straße'], ['STRASSE'], ['STRAẞE'])).toEqual(['straße', 'STRASSE.1', 'STRAẞE.2']);
    expect(placed(['\u212a'], ['k'])).toEqual(['\u212a', 'k.1']);
  });

  it('keeps a folder together, under one spelling', () => {
    expect(placed(['Dir', 'a'], ['dir', 'b'], ['DIR', 'A'])).toEqual(['Dir/a', 'Dir/b', 'Dir/A.1']);
    expect(placed(['a', 'x'], ['a'], ['a', 'y'])).toEqual(['a/x', 'a.1', 'a/y']);
    expect(placed(['a'], ['a', 'x'], ['a', 'y'], ['a.1'])).toEqual(['a', 'a.1/x', 'a.1/y', 'a.1.1']);
  });

  it('moves up what lies too deep', () => {
    const deep = Array.from({ length: 150 }, (_, n) => `d${n}`);
    const [file = '', other = ''] = placed([...deep, 'x'], [...deep, 'y', 'x']);
    expect(file.split('/').length).toBe(MAX_DEPTH);
    expect([path.basename(file), path.basename(other)]).toEqual(['x', 'x.1']);
  });

  it('is done with names of a million characters before anyone grows old', () => {
    for (const unit of [' ', '.', 'x', '. x', '\u200b', '🎬'])
      expect(Buffer.byteLength(safeName(`${unit.repeat(1_000_000)}x`))).toBeLessThanOrEqual(MAX_COMPONENT);
  });

  it('is done with 30,000 equal names before anyone grows old', () => {
    const same = Array.from({ length: 30_000 }, () => ['d', 'x'.repeat(240)]);
    expect(new Set(placed(...same)).size).toBe(30_000);
  });
});

const nasty = fc.constantFrom(
  '..',
  '.',
  '',
  'a',
  'A',
  'a.1',
  'á',
  'a\u0301',
  'ß',
  'SS',
  'con',
  'a/b',
  'a\\b',
  '\0',
  'a ',
  'a.',
  '\u202e',
  'C:',
  'x'.repeat(250),
  'x'.repeat(240),
);
const component = fc.oneof(
  nasty,
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.string({ maxLength: 4 }),
  fc.string({ unit: fc.constantFrom('.', ' ', '/', '\ud800', 'é'), maxLength: 5 }),
);
const filesOf = fc.array(fc.record({ path: fc.array(component, { maxLength: 4 }), length: fc.constant(1) }), { maxLength: 12 });
const folds: ((name: string) => string)[] = [
  (name) => name,
  (name) => name.normalize('NFC').toLowerCase(),
  (name) => name.normalize('NFD').toLowerCase(),
  (name) => name.normalize('NFC').toUpperCase(),
];

describe('safePaths, whatever the names', () => {
  it('stay inside the folder, in names that every disk takes', () => {
    fc.assert(
      fc.property(component, filesOf, (name, files) => {
        const torrent = torrentOf({ name, files });
        const top = path.join(folder, rootName(torrent, { folder }));
        for (const file of safePaths(torrent, { folder })) {
          expect(path.resolve(file)).toBe(file);
          expect(file.startsWith(`${top}/`)).toBe(true);
          for (const part of file.slice(folder.length + 1).split('/')) {
            expect(part).not.toMatch(/^\.{0,2}$|[\\:*?"<>|\p{Cc}\p{Surrogate}\u200b-\u200f\u202a-\u202e\u2066-\u2069]|[. ]$/u);
            expect(Buffer.byteLength(part)).toBeLessThanOrEqual(MAX_COMPONENT);
          }
        }
      }),
      { numRuns: 500, seed: 5 },
    );
  });

  it('differ from one another and from every folder, even where case and composition do not count', () => {
    fc.assert(
      fc.property(filesOf, (files) => {
        const paths = safePaths(torrentOf({ files }), { folder });
        for (const fold of folds) {
          const folded = paths.map(fold);
          expect(new Set(folded).size).toBe(paths.length);
          for (const file of folded) expect(folded.some((other) => other.startsWith(`${file}/`))).toBe(false);
        }
      }),
      { numRuns: 500, seed: 9 },
    );
  });

  it('are the same each time, and stay as they are when they are made safe again', () => {
    fc.assert(
      fc.property(filesOf, (files) => {
        const paths = safePaths(torrentOf({ files }), { folder });
        expect(safePaths(torrentOf({ files }), { folder })).toEqual(paths);
        const again = paths.map((file) => ({ path: path.relative(`${folder}/name`, file).split('/'), length: 1 }));
        expect(safePaths(torrentOf({ files: again }), { folder })).toEqual(paths);
      }),
      { numRuns: 500, seed: 6 },
    );
  });
});
