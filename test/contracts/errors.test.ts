import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as library from '../../src/index.ts';
import { contentOf } from '../swarm/content.ts';

const { parseMagnet, parseTorrent, RxTorrentError, InputError, Malformed, InvariantError } = library;
const thrown = (act: () => unknown): unknown => {
  try {
    act();
  } catch (error) {
    return error;
  }
  return undefined;
};
const text = (words: string): Uint8Array => new TextEncoder().encode(words);

describe('the errors of the library', () => {
  it('are one family, each with a name and a code', () => {
    const classes = Object.entries(library).filter(([name]) => /^[A-Z].*Error$|^Malformed$/.test(name));
    expect(classes.map(([name]) => name).sort()).toEqual(
      [
        ...['InputError', 'InvariantError', 'Malformed', 'NetworkError', 'PeerError'],
        ...['RxTorrentError', 'StorageError', 'TrackerError'],
      ].sort(),
    );
    for (const error of [
      new library.PeerError('silent', ''),
      new library.TrackerError('timeout', ''),
      new library.NetworkError('refused', '', ''),
      new library.StorageError('full', ''),
      new InputError('bad-option', ''),
      new Malformed('have', 'a piece', 'none'),
      new InvariantError('it is broken'),
    ]) {
      expect(error).toBeInstanceOf(RxTorrentError);
      expect([typeof error.code, error.name]).toEqual(['string', error.constructor.name]);
    }
  });

  it.each([
    ['no bencode', () => parseTorrent(text('hello')), 'bad-bencode'],
    ['no torrent', () => parseTorrent(text('i1e')), 'bad-metainfo'],
    ['a torrent without pieces', () => parseTorrent(text('d4:infod4:name1:a6:lengthi1eee')), 'bad-metainfo'],
    ['no magnet link', () => parseMagnet('http://example.com'), 'bad-magnet'],
    ['a link without an info-hash', () => parseMagnet('magnet:?dn=a'), 'bad-magnet'],
    ['a torrent of version 3', () => parseTorrent(text('d4:infod12:meta versioni3e4:name1:aee')), 'unsupported'],
  ])('of what is given are InputErrors with a code and the cause: %s', (_, act, code) => {
    const error = thrown(act);
    expect(error).toBeInstanceOf(InputError);
    expect(error).toMatchObject({ code, cause: expect.any(Malformed) });
  });

  it('are nothing else, whatever the bytes', () => {
    const { metainfo } = contentOf({ name: 'a', length: 40_000 });
    const damaged = fc
      .tuple(fc.nat(metainfo.length - 1), fc.nat(255))
      .map(([at, byte]) => metainfo.map((old, n) => (n === at ? byte : old)));
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array(), damaged), (bytes) => {
        const error = thrown(() => parseTorrent(bytes));
        if (error !== undefined) expect(error).toBeInstanceOf(InputError);
      }),
    );
    fc.assert(
      fc.property(fc.string(), (link) => {
        const error = thrown(() => parseMagnet(`magnet:?${link}`));
        expect(error).toBeInstanceOf(InputError);
      }),
    );
  });
});
