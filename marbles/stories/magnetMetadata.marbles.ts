import { delay, of } from 'rxjs';
import { describe, it } from 'vitest';
import { fetchTorrent } from '../../src/download/magnet/fetchTorrent.ts';
import { encode } from '../../src/protocol/encoding/bencode.ts';
import { sha1 } from '../../src/protocol/encoding/id.ts';
import { announced, drawn, honest, silent } from '../index.ts';
import { linkTo, tellsMetadata, torrentWithInfo } from './magnetScene.ts';

const torrent = torrentWithInfo();
const magnet = linkTo(torrent);
const [a, b, c] = ['10.1.0.1:7000', '10.1.0.2:7000', '10.1.0.3:7000'];
const other = torrent.info.map((byte, at) => (at > 90 ? byte ^ 1 : byte));
const given = { t: { ...torrent } };

describe('the torrent of a magnet link', () => {
  it(
    'is fetched from a peer that has it; the tracker is told that we come and go',
    drawn(
      (stage) => {
        const there = stage.world({ peers: { [a]: tellsMetadata(honest()) } });
        stage.gives(fetchTorrent(magnet, there.env)).toBe('---------------------(t|)', given);
        stage.happens(there.dials).toBe('                  -----a---------------');
        stage.happens(there.hangups).toBe('                ---------------------a');
        stage.happens(there.announces).toBe('              s--------------------x');
      },
      { torrent },
    ),
  );

  it(
    'is fetched without any tracker from the peers that the link names, by name, too',
    drawn(
      (stage) => {
        const there = stage.world({ peers: { [a]: tellsMetadata(honest()) } });
        const named = linkTo(torrent, { announce: [], peers: [{ host: '10.1.0.1', port: 7000 }] });
        stage.gives(fetchTorrent(named, there.env)).toBe('----------------(t|)', { t: { ...torrent, announce: [] } });
      },
      { torrent },
    ),
  );

  it(
    'is had although two lie and one says nothing',
    drawn(
      (stage) => {
        const liar = tellsMetadata(honest(), { info: other });
        const there = stage.world({
          peers: {
            [a]: liar,
            [b]: tellsMetadata(honest(), { size: torrent.info.length + 1 }),
            [c]: silent(),
            '10.1.0.4:7000': tellsMetadata(honest(), { after: 20 }),
          },
        });
        stage.gives(fetchTorrent(magnet, there.env)).toBe('51ms (t|)', given);
      },
      { torrent },
    ),
  );

  it(
    'is not fetched where there is no peer to ask, or to dial',
    drawn(
      (stage) => {
        const there = stage.world();
        stage.gives(fetchTorrent(linkTo(torrent, { announce: [] }), there.env)).toBe('|');
        const nobody = stage.world({ tracker: () => of(announced([])).pipe(delay(5)) });
        stage.gives(fetchTorrent(magnet, nobody.env), '^ 1m !').toBe('-');
        stage.happens(nobody.dials).toBe('');
      },
      { torrent },
    ),
  );

  it.each<[string, Uint8Array, string]>([
    ['no torrent', encode({ name: 'x' }), 'bad-metainfo'],
    [
      'of a version to come',
      encode({ name: 'x', 'meta version': 3, 'file tree': {}, 'piece length': 16_384 }),
      'unsupported',
    ],
  ])('is none if what has this info-hash is %s', (_, info, code) => {
    drawn(
      (stage) => {
        const there = stage.world({ peers: { [a]: tellsMetadata(honest()) } });
        stage
          .gives(fetchTorrent(linkTo(stage.torrent), there.env))
          .toBe('---------------------#', undefined, { name: 'InputError', code });
      },
      { torrent: { ...torrent, info, infoHash: sha1(info) } },
    )();
  });
});
