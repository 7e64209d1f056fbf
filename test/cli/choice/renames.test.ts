import { describe, expect, it } from 'vitest';
import { MAX_RENAMES, renamesOf } from '../../../src/cli/choice/renames.ts';
import { torrentOf } from '../../disk/torrents.ts';

const show = torrentOf({
  name: 'show',
  files: [
    { path: ['Season 1', 'e1=pilot.mkv'], length: 5 },
    { path: ['.pad', '3'], length: 3, padding: true },
    { path: ['Season 1', 'e2.mkv'], length: 5 },
    { path: ['2'], length: 5 },
  ],
});
const one = torrentOf({ name: 'a.iso', layout: 'file', files: [{ path: ['a.iso'], length: 5 }] });

describe('--rename', () => {
  it.each([
    ['2=new.mkv', { names: { 3: 'new.mkv' } }],
    ['1=Pilot/a.mkv', { names: { 0: 'Pilot/a.mkv' } }],
    ['Season 1/e1=pilot.mkv=./x=y', { names: { 0: 'x=y' } }],
    ['Season 1=S1', { names: { 0: 'S1/e1=pilot.mkv', 2: 'S1/e2.mkv' } }],
    ['show=Film', { name: 'Film' }],
    ['3=z', { names: { 3: 'z' } }],
  ])('%s', (value, renamed) => expect(renamesOf(show, [value])).toEqual(renamed));

  it('of a torrent of one file is its name', () => {
    expect(renamesOf(one, ['a.iso=b.iso'])).toEqual({ name: 'b.iso' });
    expect(renamesOf(one, ['1=b.iso'])).toEqual({ name: 'b.iso' });
    expect(() => renamesOf(one, ['1=x/b.iso'])).toThrow('expected one name');
  });

  it('the last one counts', () => {
    expect(renamesOf(show, ['Season 1=S1', '1=pilot.mkv'])).toEqual({ names: { 0: 'pilot.mkv', 2: 'S1/e2.mkv' } });
  });

  it.each([
    '',
    'x',
    '9=x',
    'nothing=x',
    'Season=x',
    '.pad/3=x',
    '1=',
    '1=../x',
    '1=/etc/passwd',
    '1=a//b',
    '1=a/..',
    '1=a\0',
  ])('refuses %j', (value) => expect(() => renamesOf(show, [value])).toThrow('--rename'));

  it('refuses more than it has patience for', () => {
    expect(() =>
      renamesOf(
        show,
        Array.from({ length: MAX_RENAMES + 1 }, () => '1=a'),
      ),
    ).toThrow('at most 10000');
  });
});
