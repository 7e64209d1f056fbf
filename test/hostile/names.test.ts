import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hiddenName, isHiddenName } from '../../src/disk/names/hiddenName.ts';
import { isPossible, safeName } from '../../src/disk/names/safeName.ts';
import { rootName } from '../../src/disk/names/safePath.ts';
import { MAX_NAME, systemOf } from '../../src/disk/names/system.ts';
import { torrentOf } from '../disk/torrents.ts';
import { names, platforms } from './names.ts';

const family = '\u{1F468}\u200d\u{1F467}';

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
    ['a\u200b\u2060\ufeff\u00ad\u061cb'],
    [`ab\u200cمی ${family}.txt`],
    ['\u{1F3F4}\u{E0067}\u{E0062}\u{E0065}\u{E006E}\u{E0067}\u{E007F}'],
    ['n'.repeat(250)],
  ])('leaves %j as it is on every system', (name) => {
    for (const platform of platforms) expect(safeName(name, platform)).toBe(name);
  });

  it.each([
    ['Band: Live? "No" *1*.mkv', 'Band_ Live? "No" *1*.mkv', 'Band_ Live_ _No_ _1_.mkv'],
    ['file.txt:stream', 'file.txt_stream', 'file.txt_stream'],
    ['c:\\windows', 'c_\\windows', 'c__windows'],
    ['a\\b', 'a\\b', 'a_b'],
    ['..\\..\\x', '..\\..\\x', '.._.._x'],
    ['what?*<>|"', 'what?*<>|"', 'what______'],
    ['And so on...', 'And so on...', 'And so on'],
    ['trailing. . .', 'trailing. . .', 'trailing'],
    ['trailing ', 'trailing ', 'trailing'],
    ['...', '...', '_'],
    [' ', ' ', '_'],
    ['CON', 'CON', '_CON'],
    ['nul.txt', 'nul.txt', '_nul.txt'],
    ['Com1.tar.gz', 'Com1.tar.gz', '_Com1.tar.gz'],
    ['lpt9 .x', 'lpt9 .x', '_lpt9 .x'],
    ['COM²', 'COM²', '_COM²'],
    ['aux.', 'aux.', '_aux'],
  ])('leaves %j as it is on Linux, makes it %j on macOS and %j on Windows', (name, mac, windows) => {
    expect([safeName(name, 'linux'), safeName(name, 'darwin'), safeName(name, 'win32')]).toEqual([name, mac, windows]);
  });

  it.each([
    ['a/b', 'a_b'],
    ['/etc/passwd', '_etc_passwd'],
    ['a\0b', 'a_b'],
    ['a\nb\x1b[31m\x7f\x85\x9bc', 'a_b_[31m___c'],
    ['photo\u202egpj.exe', 'photogpj.exe'],
    ['\u202a\u202b\u202c\u202d\u2066\u2067\u2068\u2069a', 'a'],
    ['\ud800x', '_x'],
    ['x\udc00', 'x_'],
    ['', '_'],
    ['.', '_'],
    ['..', '_'],
    ['.\u202e.', '_'],
    ['\u202e', '_'],
  ])('makes %j into %j on every system', (name, safe) => {
    for (const platform of platforms) expect(safeName(name, platform)).toBe(safe);
  });

  it('c\u202eon is a device on Windows alone', () => {
    expect(platforms.map((platform) => safeName('c\u202eon', platform))).toEqual(['con', 'con', '_con']);
  });

  it('shortens at 255 bytes on Linux, between two characters, and keeps a short extension', () => {
    const shortened = (name: string): string => safeName(name, 'linux');
    expect(shortened('a'.repeat(255))).toBe('a'.repeat(255));
    expect(shortened('a'.repeat(256))).toBe('a'.repeat(255));
    expect(shortened(`${'a'.repeat(300)}.torrent`)).toBe(`${'a'.repeat(247)}.torrent`);
    expect(shortened(`${'a'.repeat(300)}.0123456789`)).toBe(`${'a'.repeat(244)}.0123456789`);
    expect(shortened(`${'a'.repeat(300)}.0123456789x`)).toBe('a'.repeat(255));
    expect(shortened('é'.repeat(200))).toBe('é'.repeat(127));
    expect(shortened(`x${'🎬'.repeat(100)}`)).toBe(`x${'🎬'.repeat(63)}`);
  });

  it.each(['darwin', 'win32'] as const)('shortens at 255 units of UTF-16 on %s', (platform) => {
    expect(safeName('中'.repeat(255), platform)).toBe('中'.repeat(255));
    expect(safeName(`${'中'.repeat(300)}.mkv`, platform)).toBe(`${'中'.repeat(251)}.mkv`);
    expect(safeName('🎬'.repeat(128), platform)).toBe('🎬'.repeat(127));
  });

  it('what shortening brings to light is looked at, too', () => {
    expect(safeName(`${'.'.repeat(255)}${'x'.repeat(20)}`, 'win32')).toBe('_');
    expect(safeName(`con${' '.repeat(300)}x`, 'win32')).toBe('_con');
    expect(safeName(`con.${'x'.repeat(251)}`, 'win32')).toBe(`_con.${'x'.repeat(250)}`);
  });

  it('is done with names of a million characters before anyone grows old', () => {
    for (const unit of [' ', '.', 'x', '. x', '\u202e', '🎬', '?'])
      for (const platform of platforms) {
        const { size } = systemOf(platform);
        expect(size(safeName(`${unit.repeat(1_000_000)}x`, platform))).toBeLessThanOrEqual(MAX_NAME);
      }
  });

  it('is a name that the system can have, is not changed when made safe again, and not without need', () => {
    fc.assert(
      fc.property(names, fc.constantFrom(...platforms), (name, platform) => {
        const system = systemOf(platform);
        const safe = safeName(name, platform);
        expect(isPossible(safe, system)).toBe(true);
        expect(safe).not.toMatch(/^\.{0,2}$|[/\p{Cc}\p{Surrogate}\u202a-\u202e\u2066-\u2069]/u);
        expect(safeName(safe, platform)).toBe(safe);
        if (isPossible(name, system) && !/[:\p{Cc}\u202a-\u202e\u2066-\u2069]/u.test(name)) expect(safe).toBe(name);
      }),
      { numRuns: 2000, seed: 3 },
    );
  });
});

describe('hidden names', () => {
  const suffixes = ['rxtorrent.lock', '01234567.rxtorrent', '01234567.rxtorrent.tmp', 'rxtorrent.lock.4711'];

  it('are names that the system can have, whatever torrent they belong to, and no torrent gets one', () => {
    const long = fc
      .tuple(names, fc.constantFrom('x', 'é', '🎬'), fc.nat(260))
      .map(([name, unit, count]) => name + unit.repeat(count));
    const posing = fc
      .tuple(names, fc.constantFrom(...suffixes))
      .map(([name, suffix]) => `.${name}.${suffix.toUpperCase()}`);
    fc.assert(
      fc.property(fc.oneof(names, long, posing), fc.constantFrom(...platforms), (name, platform) => {
        const root = rootName(torrentOf({ name }), {}, platform);
        expect(isHiddenName(root)).toBe(false);
        for (const suffix of suffixes) {
          const hidden = hiddenName(root, suffix, platform);
          expect(isPossible(hidden, systemOf(platform))).toBe(true);
          expect(isHiddenName(hidden)).toBe(true);
        }
      }),
      { numRuns: 1000, seed: 4 },
    );
  });

  it('a torrent of 255 bytes that poses as a note stays within them', () => {
    const name = `.${'x'.repeat(236)}.01234567.rxtorrent`.slice(-255);
    expect(Buffer.byteLength(name)).toBe(255);
    const root = rootName(torrentOf({ name: `.${name.slice(1)}` }), {}, 'linux');
    expect([root.startsWith('_.x'), root.endsWith('.rxtorrent'), Buffer.byteLength(root)]).toEqual([true, true, 255]);
  });

  it('are the same for names that are the same folder', () => {
    const [lower, upper] = ['x'.repeat(200), 'X'.repeat(200)];
    const marks = (platform: NodeJS.Platform): (string | undefined)[] =>
      [lower, upper].map((name) => hiddenName(name, 's', platform).split('~')[1]);
    expect(new Set(marks('win32')).size).toBe(1);
    expect(new Set(marks('darwin')).size).toBe(1);
    expect(new Set(marks('linux')).size).toBe(2);
  });
});
