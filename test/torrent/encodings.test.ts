import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { type Encodable, encode } from '../../src/protocol/encoding/bencode.ts';
import { toHex } from '../../src/protocol/encoding/id.ts';
import { parseInfo, parseTorrent, type Torrent } from '../../src/torrent/metainfo/metainfo.ts';

const hex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'hex'));
const single = (name: Encodable): Record<string, Encodable> => ({
  length: 5,
  name,
  'piece length': 16_384,
  pieces: new Uint8Array(20),
});
const folder = (...paths: readonly Encodable[]): Record<string, Encodable> => {
  const { length, ...info } = single(hex('d6d0'));
  return { ...info, files: paths.map((path) => ({ path, length })) };
};
const torrent = (info: Encodable, around: Record<string, Encodable> = {}): Torrent =>
  parseTorrent(encode({ ...around, info }));

/** Spellings that are met, and a name in each encoding. */
const vectors: readonly (readonly [labels: string, bytes: string, text: string])[] = [
  ['GBK gbk CP936 cp936 MS936 gb2312 GB2312 gb_2312-80 EUC-CN 936', 'd6d0cec4', '中文'],
  ['GBK', '8140', '丂'],
  ['GB18030 gb-18030', 'd6d09439da33', '中💩'],
  ['Big5 BIG5 big-5 cp950 Big5-HKSCS', 'a4a4a4e5', '中文'],
  ['Shift_JIS shift-jis SHIFT_JIS sjis x-sjis Windows-31J CP932 ms_kanji csShiftJIS', '93fa967b8cea835c', '日本語ソ'],
  ['EUC-JP eucjp euc_jp x-euc-jp', 'c6fccbdcb8ec8fb0a1', '日本語丂'],
  ['EUC-KR euckr cp949 UHC ks_c_5601-1987', 'c7d1b1db', '한글'],
  ['windows-1251 CP1251 cp-1251 win1251 win-1251 1251', 'cff0e8e2e5f2', 'Привет'],
  ['KOI8-R koi8r koi8', 'f0d2c9d7c5d4', 'Привет'],
  ['KOI8-U', 'a4', 'є'],
  ['IBM866 cp866', '8fe0a8a2a5e2', 'Привет'],
  ['ISO-8859-1 iso8859_1 latin1 Latin-1 windows-1252 CP1252', 'e992', 'é’'],
  ['ISO-8859-2 latin2', 'b3', 'ł'],
  ['ISO-8859-5', 'bf', 'П'],
  ['ISO-8859-7', 'e1', 'α'],
  ['ISO-8859-9 latin5', 'fe', 'ş'],
  ['ISO-8859-15 latin9', 'a4', '€'],
  ['windows-1250 CP1250', 'b3', 'ł'],
  ['windows-1253', 'e1', 'α'],
  ['windows-1255', 'e0', 'א'],
  ['windows-1256', 'c7', 'ا'],
  ['windows-874 tis-620', 'a1', 'ก'],
  ['macintosh', '8e', 'é'],
];

describe('names in the encoding that the torrent gives', () => {
  it.each(vectors)('%s', (labels, bytes, text) => {
    for (const encoding of labels.split(' ')) {
      expect(torrent(single(hex(bytes)), { encoding }).name).toBe(text);
      expect(torrent({ ...single(hex(bytes)), encoding }).name).toBe(text);
      expect(parseInfo(encode({ ...single(hex(bytes)), encoding })).name).toBe(text);
    }
  });

  it.each<readonly [page: number, bytes: string, text: string]>([
    [936, 'd6d0', '中'],
    [932, '93fa', '日'],
    [1251, 'cf', 'П'],
    [28_592, 'b3', 'ł'],
    [54_936, '9439da33', '💩'],
  ])('by the number of a page, %d', (codepage, bytes, text) => {
    expect(torrent(single(hex(bytes)), { codepage }).name).toBe(text);
    expect(torrent(single(hex(bytes)), { encoding: 'UTF-8', codepage }).name).toBe(text);
  });

  it('UTF-8 comes first where all names are UTF-8, and what says that it is comes before that', () => {
    expect(torrent(single('中'), { encoding: 'GBK' }).name).toBe('中');
    expect(torrent({ ...single(hex('d6d0')), 'name.utf-8': '文' }, { encoding: 'GBK' }).name).toBe('文');
    expect(torrent({ ...single(hex('d6d0')), 'name.utf-8': hex('ff') }, { encoding: 'GBK' }).name).toBe('中');
    const info = folder([hex('d6d0')], ['x']);
    const [first, ...others] = info['files'] as Record<string, Encodable>[];
    const files = (...names: readonly Encodable[]) => ({
      ...info,
      files: [{ ...first, 'path.utf-8': names }, ...others],
    });
    expect(torrent(files('文'), { encoding: 'GBK' }).files.map(({ path }) => path)).toEqual([['文'], ['x']]);
    expect(torrent(files(hex('ff')), { encoding: 'GBK' }).files.map(({ path }) => path)).toEqual([['中'], ['x']]);
  });

  it('all names are decoded by one decision: a name that is UTF-8 by chance, too', () => {
    // Both are GBK; the second is valid UTF-8 for two other letters.
    const info = folder([hex('d6d0'), hex('c1aacda8')], [hex('c4a3cab1')]);
    expect(Buffer.from('c4a3cab1', 'hex').toString()).toBe('ģʱ');
    const { name, files } = torrent(info, { encoding: 'GBK' });
    expect([name, ...files.map(({ path }) => path.join('/'))]).toEqual(['中', '中/联通', '模时']);
  });

  it('an encoding that does not fit all of them is none', () => {
    // 0xFF alone is nothing in GBK.
    expect(torrent(folder([hex('ff')]), { encoding: 'GBK' })).toMatchObject({ name: 'ÖÐ', files: [{ path: ['ÿ'] }] });
    // The torrent's own comes first; where it does not fit, the one around it is heeded.
    expect(torrent({ ...single(hex('93fa')), encoding: 'EUC-JP' }, { encoding: 'Shift_JIS' }).name).toBe('日');
    expect(torrent({ ...single(hex('cf')), encoding: 'windows-1251' }, { encoding: 'KOI8-R' }).name).toBe('П');
  });

  it('a letter that the decoder does not know makes it unfit, and no control characters', () => {
    expect(torrent(single(hex('8c63')), { encoding: 'CP949' }).name).toBe('\x8cc');
  });

  it('without one, names that are UTF-8 stay so, and the others are Latin-1', () => {
    expect(torrent(folder([hex('ff')], ['ü'])).files.map(({ path }) => path)).toEqual([['ÿ'], ['ü']]);
  });

  it('different names stay different, whatever the encoding makes of them', () => {
    // In Shift_JIS ≒ can be said in two ways.
    const twice = torrent(folder([hex('81e0')], [hex('8790')]), { encoding: 'Shift_JIS' }).files.map(
      ({ path }) => path[0],
    );
    expect(twice).toEqual(['\x81à', '\x87\x90']);
    // As UTF-8 and as Latin-1 both would be ÿ: then all are Latin-1.
    expect(torrent(folder([hex('ff')], [hex('c3bf')])).files.map(({ path }) => path[0])).toEqual(['ÿ', 'Ã¿']);
  });

  it('comment, author and source are decoded, too, each apart from the names', () => {
    const around = { encoding: 'windows-1251', comment: hex('cff0e8'), 'created by': hex('e2e5f2') };
    const parsed = torrent({ ...single('中'), source: hex('cf') }, around);
    expect(parsed).toMatchObject({ name: '中', comment: 'При', createdBy: 'вет', source: 'П' });
    expect(torrent(single('a'), { comment: hex('e9'), 'comment.utf-8': 'ü' })).toMatchObject({ comment: 'ü' });
    expect(torrent(single('a'), { comment: hex('e9'), 'comment.utf-8': hex('e8') })).toMatchObject({ comment: 'é' });
  });

  it('so are the places that symbolic links lead to', () => {
    const { files, ...info } = folder([hex('d6d0')]);
    const link = { path: ['link'], attr: 'l', 'symlink path': [hex('c1aacda8')] };
    expect(torrent({ ...info, files: [...(files as Encodable[]), link] }, { encoding: 'GBK' }).files[1]?.link).toEqual([
      '联通',
    ]);
  });

  it('a slash in it separates nothing', () => {
    expect(torrent(folder([hex('d6d02f2e2e2fd6d0')]), { encoding: 'GBK' }).files.map(({ path }) => path)).toEqual([
      ['中/../中'],
    ]);
  });

  it('the info-hash is of the bytes as they are', () => {
    const info = encode({ ...single(hex('d6d0')), encoding: 'GBK' });
    const expected = createHash('sha1').update(info).digest('hex');
    expect(toHex(parseInfo(info).infoHash)).toBe(expected);
    expect(toHex(torrent({ ...single(hex('d6d0')), encoding: 'GBK' }, { encoding: 'Big5' }).infoHash)).toBe(expected);
  });
});
