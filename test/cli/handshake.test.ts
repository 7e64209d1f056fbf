import { writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { encodeExtensionHandshake } from '../../src/protocol/peer/extensions.ts';
import { encodeHandshake } from '../../src/protocol/peer/handshake.ts';
import { toBase32, toHex } from '../../src/protocol/encoding/id.ts';
import { contentOf } from '../swarm/content.ts';
import { peer, tracker } from '../swarm/fixture.ts';
import type { Conduct, Talk } from '../swarm/realPeer.ts';
import { folder, run, start, told } from './run.ts';

const content = contentOf({ name: 'a', length: 200_000 });
const infoHash = toHex(content.torrent.infoHash);
const peerId = new Uint8Array(Buffer.from('-LT2080-abcdefghijkl'));

const torrent = (): string => {
  const path = join(folder(), 'a.torrent');
  writeFileSync(path, content.metainfo);
  return path;
};

/** A peer like most: extensions, a DHT node, some pieces. */
const modern =
  (said: object = {}) =>
  (talk: Talk): boolean => {
    talk.raw(encodeHandshake({ infoHash: content.torrent.infoHash, peerId, extended: true, fast: true, dht: true }));
    talk.send({ type: 'bitfield', bytes: Uint8Array.of(0b1010_0000) });
    const ids = new Map([
      ['ut_metadata', 3],
      ['ut_pex', 1],
    ]);
    const payload = encodeExtensionHandshake({
      ids,
      version: 'libtorrent/2.0.8',
      reqq: 500,
      metadataSize: 1234,
      yourIp: '127.0.0.1',
      port: 51413,
      ...said,
    });
    talk.send({ type: 'extended', id: 0, payload }, { type: 'port', port: 6881 });
    return true;
  };

const address = async (conduct: Conduct): Promise<string> => `127.0.0.1:${(await peer(content, conduct)).port}`;

describe('handshake', () => {
  it('prints the handshake of the peer', async () => {
    const at = await address({ onConnect: modern() });
    const { code, stdout, stderr } = await run(['handshake', torrent(), at]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout.split('\n')).toEqual([
      `Address: ${at}`,
      'Protocol: BitTorrent protocol',
      'Reserved: 0000000000100005 (extension protocol, DHT, fast extension)',
      `Info Hash: ${infoHash}`,
      `Peer ID: ${toHex(peerId)}`,
      'Client: libtorrent 2.0.8',
      '',
    ]);
  });

  it.each([infoHash, infoHash.toUpperCase(), toBase32(content.torrent.infoHash), `magnet:?xt=urn:btih:${infoHash}`])(
    'needs no more than the info-hash, %s, and is one object with --json',
    async (source) => {
      const at = await address({ onConnect: modern() });
      const { code, stdout } = await run(['handshake', source, at, '--json']);
      expect(code).toBe(0);
      expect(told(stdout)).toEqual([
        {
          type: 'handshake',
          torrent: infoHash,
          host: '127.0.0.1',
          port: Number(at.split(':')[1]),
          source: 'manual',
          peerId: toHex(peerId),
          client: 'libtorrent 2.0.8',
          infoHash,
          reserved: '0000000000100005',
          extended: true,
          fast: true,
          dht: true,
        },
      ]);
    },
  );

  it('dials a peer on this machine encrypted when it hangs up on a plain handshake', async () => {
    const first: number[] = [];
    const server = createServer((socket) =>
      socket.once('data', (bytes: Buffer) => {
        first.push(bytes[0] as number);
        socket.end();
      }),
    );
    const port = await new Promise<number>((done) =>
      server.listen(0, '127.0.0.1', () => done((server.address() as AddressInfo).port)),
    );
    await run(['handshake', torrent(), `127.0.0.1:${port}`]);
    server.close();
    expect(first).toHaveLength(2);
    expect(first[0]).toBe(19);
    expect(first[1]).not.toBe(19);
  });

  it.each<[what: string, conduct: Conduct | undefined, says: string, code: number]>([
    ['hangs up', { onConnect: (talk) => (talk.socket.end(), true) }, 'hung up instead of sending its key', 4],
    [
      'is no peer',
      { onConnect: (talk) => (talk.raw(Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n')), true) },
      'handshake: expected byte 0 to be 19',
      4,
    ],
    ['has another torrent', { infoHash: new Uint8Array(20) }, 'shares another torrent', 4],
    ['does not listen', undefined, '127.0.0.1:1: connection refused', 4],
  ])('says in one line what is wrong when the peer %s', async (_, conduct, says, code) => {
    const ended = await run(['handshake', torrent(), conduct ? await address(conduct) : '127.0.0.1:1']);
    expect(ended).toMatchObject({ code, stdout: '', stderr: expect.stringContaining(says) as string });
    expect(ended.stderr).toMatch(/^rxtorrent: [^\n]+\n$/);
  });

  it('ends with 130 on Ctrl-C while it waits', async () => {
    const silent = await peer(content, { onConnect: () => true });
    const running = start(['handshake', torrent(), `127.0.0.1:${silent.port}`]);
    await expect.poll(() => silent.connected, { timeout: 10_000 }).toBe(1);
    running.kill('SIGINT');
    expect(await running.ended).toEqual({ code: 130, stdout: '', stderr: '' });
  });
});

describe('nhandshake', () => {
  it('prints what it speaks, too', async () => {
    const at = await address({ onConnect: modern() });
    const { code, stdout, stderr } = await run(['nhandshake', torrent(), at]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout.split('\n').slice(4)).toEqual([
      `Peer ID: ${toHex(peerId)}`,
      'Client: libtorrent 2.0.8',
      'Extensions: ut_metadata 3, ut_pex 1',
      'Peer Metadata Extension ID: 3',
      'Metadata Size: 1234',
      'Requests Kept: 500',
      'Client Version: libtorrent/2.0.8',
      'Listens On: 51413',
      'Sees Us As: 127.0.0.1',
      'DHT Port: 6881',
      'Pieces: 2 of 7',
      '',
    ]);
    const [found] = told((await run(['nhandshake', torrent(), at, '--json'])).stdout);
    expect(found).toMatchObject({
      extensions: { ut_metadata: 3, ut_pex: 1 },
      version: 'libtorrent/2.0.8',
      reqq: 500,
      port: Number(at.split(':')[1]),
      listensOn: 51_413,
      metadataSize: 1234,
      dhtPort: 6881,
      pieces: 2,
      pieceCount: 7,
    });
  });

  it('does not know how many pieces there are from an info-hash alone', async () => {
    const { code, stdout, stderr } = await run(['nhandshake', infoHash, await address({ onConnect: modern() })]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/\nMetadata Size: 1234\n[^]*\nDHT Port: 6881\n$/);
  });

  it('shows nothing that a terminal would act on', async () => {
    const at = await address({ onConnect: modern({ version: '\x1b[2J', ids: new Map([['\x1b]0;x\x07', 9]]) }) });
    for (const json of [[], ['--json']]) {
      const { code, stdout } = await run(['nhandshake', torrent(), at, ...json]);
      expect(code).toBe(0);
      expect(stdout).not.toMatch(/[\x1b\x07]/);
    }
  });

  it('says so when the peer speaks no extensions', async () => {
    const { code, stdout } = await run(['nhandshake', torrent(), await address({})]);
    expect(code).toBe(0);
    expect(stdout).toContain(
      'Extensions: the peer does not speak the extension protocol\nDHT: not supported\nPieces: 7 of 7\n',
    );
  });

  it('prints what it knows and gives up on a peer that does not answer', async () => {
    const conduct: Conduct = {
      onConnect: (talk) => (
        talk.raw(encodeHandshake({ infoHash: content.torrent.infoHash, peerId, extended: true })), true
      ),
    };
    const { code, stdout, stderr } = await run(['nhandshake', torrent(), await address(conduct), '--timeout', '0.5']);
    expect(code).toBe(4);
    expect(stdout).toContain(`Peer ID: ${toHex(peerId)}\n`);
    expect(stderr).toMatch(/no extension handshake within 0\.5 s: try a longer --timeout\n$/);
  });
});

describe('magnet_handshake', () => {
  it('greets each peer that the sources name, each in two lines, until none is left', async () => {
    const one = await peer(content, { onConnect: modern() });
    const other = await peer(content, { onConnect: modern({ ids: new Map() }) });
    const { url } = await tracker([
      one,
      other,
      await peer(content, { onConnect: (talk) => void talk.socket.destroy() }),
    ]);
    const { code, stdout, stderr } = await run(['magnet_handshake', infoHash, '--tracker', url, '--timeout', '5']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout.split('\n').sort()).toEqual([
      '',
      `Peer ID: ${toHex(peerId)}`,
      `Peer ID: ${toHex(peerId)}`,
      'Peer Metadata Extension ID: 3',
    ]);
  });

  it('stops at --count; --json is an object for each', async () => {
    const all = await Promise.all([1, 2, 3].map(() => peer(content, { onConnect: modern() })));
    const { url } = await tracker(all);
    const { code, stdout } = await run(['magnet_handshake', torrent(), '--tracker', url, '--count', '2', '--json']);
    expect(code).toBe(0);
    const found = told(stdout).filter(({ type }) => type === 'handshake');
    expect(found).toHaveLength(2);
    for (const each of found)
      expect(each).toMatchObject({ type: 'handshake', source: 'tracker', extensions: { ut_metadata: 3 }, pieces: 2 });
  });

  it('gives up when no peer answers, or none is named', async () => {
    const { url } = await tracker([await peer(content, { onConnect: () => true })]);
    const late = await run(['magnet_handshake', infoHash, '--tracker', url, '--timeout', '0.5']);
    expect(late).toMatchObject({
      code: 4,
      stdout: '',
      stderr: expect.stringContaining('no peer answered within 0.5 s: try a longer --timeout') as string,
    });
    expect(await run(['magnet_handshake', infoHash])).toMatchObject({
      code: 4,
      stderr: expect.stringContaining('give a --tracker or a --peer') as string,
    });
  });
});

describe('arguments', () => {
  it.each<[args: string[], says: string]>([
    [['handshake'], 'handshake: an argument is missing: rxtorrent handshake <source> <peer>'],
    [['handshake', infoHash, 'nobody'], 'handshake: the peer "nobody": expected host:port, for example 192.0.2.7:6881'],
    [['nhandshake', infoHash, '::1:80'], 'nhandshake: the peer "::1:80": expected host:port'],
    [['handshake', infoHash, '[::1]:0'], 'expected host:port'],
    [['handshake', '/nowhere.torrent', '127.0.0.1:1'], 'there is no such file'],
    [['handshake', 'magnet:?dn=x', '127.0.0.1:1'], 'magnet.xt'],
    [['handshake', infoHash, '127.0.0.1:1', '--timeout', 'x'], '--timeout "x"'],
  ])('%j', async (args, says) => {
    const { code, stdout, stderr } = await run(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^rxtorrent: [^\n]+\n$/);
    expect(stderr).toContain(says);
  });

  it('may be an IPv6 address in brackets', async () => {
    expect(await run(['handshake', infoHash, '[::1]:1'])).toMatchObject({
      code: 4,
      stderr: expect.stringMatching(/^rxtorrent: (\[::1\]|::1):1: /) as string,
    });
  });
});
