import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { encodeExtensionHandshake } from '../../src/protocol/peer/extensions.ts';
import { encodeHandshake } from '../../src/protocol/peer/handshake.ts';
import { encodePex } from '../../src/protocol/peer/utPex.ts';
import { toHex } from '../../src/protocol/encoding/id.ts';
import { contentOf } from '../swarm/content.ts';
import { peer, tracker } from '../swarm/fixture.ts';
import type { Conduct } from '../swarm/realPeer.ts';
import { answer, udpTracker } from '../net/udpTracker.ts';
import { folder, objects, run, start } from './run.ts';

const content = contentOf({ name: 'a', length: 100_000 });
const infoHash = toHex(content.torrent.infoHash);
const TIME = /^\d\d:\d\d:\d\d\.\d{3} /;

const torrent = (announce?: string): string => {
  const path = join(folder(), 'a.torrent');
  writeFileSync(
    path,
    announce === undefined ? content.metainfo : contentOf({ name: 'a', length: 100_000, announce }).metainfo,
  );
  return path;
};

/** The lines of the log, without the time. */
const logged = (stderr: string): string[] =>
  stderr
    .split('\n')
    .filter((line) => TIME.test(line))
    .map((line) => line.replace(TIME, ''));

const peerId = new Uint8Array(Buffer.from('-LT2080-abcdefghijkl'));
const extended: Conduct = {
  onConnect: (talk) => {
    talk.raw(encodeHandshake({ infoHash: content.torrent.infoHash, peerId, extended: true, dht: true }));
    const payload = encodeExtensionHandshake({ ids: new Map([['ut_pex', 7]]), version: 'evil\x1b[2J', reqq: 250 });
    talk.send({ type: 'extended', id: 0, payload }, { type: 'bitfield', bytes: Uint8Array.of(0xf0) });
    const pex = encodePex({ added: [{ host: '127.0.0.1', port: 1, flags: 0 }], dropped: [] });
    // By the id that we give it, once we have.
    talk.after(200, () =>
      talk.send(
        { type: 'extended', id: 2, payload: pex },
        { type: 'keepAlive' },
        { type: 'keepAlive' },
        { type: 'port', port: 6881 },
      ),
    );
    return true;
  },
};

describe('--verbose', () => {
  it('shows an encrypted handshake; with a peer on this machine only where it is required', async () => {
    const seed = await peer(content, extended);
    const at = `127.0.0.1:${seed.port}`;
    const plain = await run(['nhandshake', torrent(), at, '--verbose=mse']);
    expect([plain.code, logged(plain.stderr)]).toEqual([0, []]);
    const { code, stderr } = await run(['nhandshake', torrent(), at, '--verbose=mse', '--encryption', 'require']);
    expect(code).toBe(4);
    expect(logged(stderr)).toEqual([`mse     > ${at}  our key`, `mse     · ${at}  does not encrypt`]);
  });

  it('shows both handshakes with all extensions, and their senders; nothing that a terminal would act on', async () => {
    const seed = await peer(content, extended);
    const at = `127.0.0.1:${seed.port}`;
    const { code, stderr } = await run(['nhandshake', torrent(), at, '--verbose']);
    expect(code).toBe(0);
    expect(stderr).not.toContain('\x1b');
    const lines = logged(stderr);
    expect(lines.slice(0, 2)).toEqual([`peer    · ${at}  dial (manual)`, `peer    · ${at}  connected`]);
    expect([...lines].sort()).toEqual(
      [
        `peer    · ${at}  connected`,
        `peer    · ${at}  dial (manual)`,
        `peer    · ${at}  we hang up`,
        `peer    > ${at}  handshake: rxtorrent 0.1.0, torrent ${infoHash}; extensions, fast, DHT`,
        `peer    > ${at}  extension handshake: ut_metadata 1, ut_pex 2; ` +
          'rxtorrent 0.1.0; keeps 500 requests; sees 127.0.0.1',
        `peer    < ${at}  handshake: libtorrent 2.0.8, torrent ${infoHash}; extensions, DHT`,
        `peer    < ${at}  extension handshake: ut_pex 7; evil\\x1b[2J; keeps 250 requests`,
        `peer    < ${at}  bitfield: has 4 pieces`,
        `peer    < ${at}  ut_pex: 1 peer came, 0 went`,
        `peer    < ${at}  keep-alive (and 1 more)`,
        `peer    < ${at}  port: a DHT node is at 6881`,
      ].sort(),
    );
  });

  it('shows which side hangs up', async () => {
    const greeting = encodeHandshake({ infoHash: content.torrent.infoHash, peerId, extended: true });
    const rude = await peer(content, {
      onConnect: (talk) => (talk.raw(greeting), talk.after(100, () => void talk.socket.end()), true),
    });
    const { code, stderr } = await run(['nhandshake', torrent(), `127.0.0.1:${rude.port}`, '--verbose=peer']);
    expect(code).toBe(4);
    expect(logged(stderr).at(-1)).toBe(`peer    · 127.0.0.1:${rude.port}  the peer hung up`);
  });

  it('tells trackers, peers and the disk of a download; stdout stays JSON', async () => {
    const seed = await peer(content);
    const { url } = await tracker([seed]);
    const file = torrent(url);
    const { code, stdout, stderr } = await run(['download', file, '-o', `${folder()}/`, '--json', '-v']);
    expect(code).toBe(0);
    expect(objects(stdout).some(({ type }) => type === 'done')).toBe(true);
    const lines = logged(stderr);
    const at = `127.0.0.1:${seed.port}`;
    for (const line of [
      `tracker > ${url}  announce, started, port 0, left 100000`,
      `tracker < ${url}  1 peer, next announce in 30 min`,
      `tracker > ${url}  announce, completed, port 0, left 0`,
      `tracker > ${url}  announce, stopped, port 0, left 0`,
      `peer    · ${at}  dial (tracker)`,
      `peer    < ${at}  have all`,
      `peer    > ${at}  interested`,
      `peer    < ${at}  unchoke`,
      'disk    · a  create empty files, check that no file has changed',
    ])
      expect(lines).toContain(line);
    expect(lines.some((line) => line.startsWith(`peer    > ${at}  request piece `) && line.includes('(and '))).toBe(
      true,
    );
    expect(lines.some((line) => line.startsWith(`peer    < ${at}  block of piece `))).toBe(true);
    expect(lines.filter((line) => line.startsWith('disk    · a  write '))).not.toEqual([]);
  });

  it('shows in which order and how often sources are asked, and how far their peers got', async () => {
    const { url } = await tracker([await peer(content)]);
    const { code, stdout, stderr } = await run(['download', torrent(url), '-o', `${folder()}/`, '-v']);
    expect(code).toBe(0);
    expect(stdout + stderr).toContain('pace: with fewer than 20 peers trackers are asked again after 1 min; ');
    expect(stdout + stderr).toMatch(
      /tracker: 1 found · 1 dialled · 1 connected · 1 handshaken · 1 interested · 1 unchoked · 1 sending/,
    );
  });

  it('tells only of the rooms that are named, by an option or in the environment', async () => {
    const seed = await peer(content);
    const { url } = await tracker([seed]);
    const rooms = async (args: string[], env: Record<string, string> = {}): Promise<string[]> => {
      const { code, stderr } = await run(['download', torrent(url), '-o', `${folder()}/`, '--json', ...args], { env });
      expect(code).toBe(0);
      return [...new Set(logged(stderr).map((line) => line.split(' ')[0] ?? ''))].sort();
    };
    expect(await rooms([])).toEqual([]);
    expect(await rooms(['--verbose=tracker'])).toEqual(['tracker']);
    expect(await rooms(['--verbose=disk,tracker'])).toEqual(['disk', 'tracker']);
    expect(await rooms(['-v'])).toEqual(['disk', 'peer', 'tracker']);
    expect(await rooms([], { RXTORRENT_VERBOSE: 'disk' })).toEqual(['disk']);
    expect(await rooms(['--encryption', 'off'], { RXTORRENT_VERBOSE: '1' })).toEqual(['disk', 'peer', 'tracker']);
    expect(await rooms([], { RXTORRENT_VERBOSE: '0' })).toEqual([]);
  });

  it('tells each try at a tracker that is down, of which there is one warning', async () => {
    const dead = 'http://127.0.0.1:1/announce';
    const args = ['download', torrent(dead), '-o', `${folder()}/`, '--verbose=tracker'];
    const running = start(args);
    await running.says(/([\d:.]+ tracker > [^]*){2}· [^\n]*connection refused/);
    running.kill('SIGTERM');
    const { stderr } = await running.ended;
    expect(logged(stderr).filter((line) => line.startsWith('tracker > ')).length).toBeGreaterThanOrEqual(2);
    expect(stderr.split('\n').filter((line) => line.startsWith('warning: '))).toEqual([
      `warning: ${dead}: connection refused`,
    ]);
  });

  it('tells trackers over UDP, too', async () => {
    const udp = await udpTracker((asked) => [answer(asked, Uint8Array.of(10, 0, 0, 1, 0, 80))]);
    const { code, stdout, stderr } = await run(['peers', torrent(udp.url), '--count', '1', '--verbose=tracker']);
    expect({ code, stdout }).toEqual({ code: 0, stdout: '10.0.0.1:80  tracker\n' });
    const at = `127.0.0.1:${udp.port}`;
    expect(logged(stderr).map((line) => line.replace(/port (?:49[1-9]|[56]\d\d)\d\d$/, 'port any'))).toEqual([
      `tracker > ${at}  connect`,
      `tracker < ${at}  connected`,
      `tracker > ${at}  announce, started, port any`,
      `tracker < ${at}  1 peer, next announce in 30 min`,
      `tracker > ${at}  announce, stopped, port any`,
      `tracker < ${at}  1 peer, next announce in 30 min`,
    ]);
  });

  it('does not take the next argument for its value', async () => {
    expect((await run(['info', '--verbose', torrent()])).code).toBe(0);
    expect((await run(['info', '-v', torrent()])).code).toBe(0);
  });

  it.each([
    ['--verbose=peers', 'did you mean peer?'],
    [
      '--verbose=everything',
      'expected some of tracker,dht,lsd,http,peer,mse,utp,proxy,nat,block,disk, or nothing for all',
    ],
    ['--verbose=\x1b[2J', '--verbose=\\x1b[2J: '],
  ])('refuses %j', async (option, says) => {
    const { code, stdout, stderr } = await run(['info', torrent(), option]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr.split('\n')[0]).toContain(says);
  });
});
