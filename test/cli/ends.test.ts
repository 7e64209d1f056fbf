import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer as createHttp } from 'node:http';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { toHex } from '../../src/protocol/encoding/id.ts';
import { encodeTorrent } from '../../src/torrent/metainfo/encodeTorrent.ts';
import { nameServer } from '../net/nameServer.ts';
import { contentOf } from '../swarm/content.ts';
import { peer } from '../swarm/fixture.ts';
import { folder, MAIN } from './run.ts';

const LIBRARY = fileURLToPath(new URL('../../dist/src/index.js', import.meta.url));
const PRELOAD = fileURLToPath(new URL('deadNames.cjs', import.meta.url));
/**
 * Milliseconds from the end of the work to that of the process; a lookup that nobody can give up takes five times as
 * long.
 */
const SOON = 2_500;
/** Milliseconds that four processes take to start here and now. */
let starting = 0;
beforeAll(async () => {
  const began = performance.now();
  await Promise.all(
    [1, 2, 3, 4].map(() => new Promise((resolve) => spawn(process.execPath, [MAIN, '--version']).on('exit', resolve))),
  );
  starting = performance.now() - began;
});

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

const content = contentOf({ name: 'a', length: 200_000 });
const { pieceLength, pieceHashes } = content.torrent;
const infoHash = toHex(content.torrent.infoHash);

interface Run {
  readonly child: ChildProcess;
  readonly ended: Promise<{
    readonly code: number | null;
    readonly signal: NodeJS.Signals | null;
    readonly at: number;
    readonly out: string;
  }>;
  readonly says: (pattern: RegExp) => Promise<number>;
}

const start = (args: readonly string[], env: Record<string, string>): Run => {
  const child = spawn(process.execPath, ['--require', PRELOAD, ...args], {
    env: { PATH: process.env['PATH'], ...env },
    stdio: 'pipe',
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let out = '';
  child.stdin.on('error', () => undefined);
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (out += text));
  const ended: Run['ended'] = new Promise((resolve) =>
    child.on('exit', (code, signal) => setTimeout(() => resolve({ code, signal, at: performance.now(), out }), 50)),
  );
  const says = async (pattern: RegExp): Promise<number> => {
    await expect.poll(() => out, { timeout: 20_000, interval: 5 }).toMatch(pattern);
    return performance.now();
  };
  return { child, ended, says };
};

const silent = async (server: Server): Promise<number> => {
  const sockets = new Set<{ destroy(): unknown }>();
  server.on('connection', (socket) => sockets.add(socket.on('error', () => undefined)));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
};

/** A world in which nobody says anything: name servers, peers, web servers. */
const nobody = async () => {
  const names = await nameServer(() => 'silence');
  const port = await silent(createServer());
  const web = await silent(createHttp(() => undefined));
  const home = folder();
  const torrent = join(home, 'a.torrent');
  const announce = [
    ['http://tracker.example.org/announce'],
    ['udp://other.example.org:6969'],
    [`http://127.0.0.1:${web}/announce`],
    ['https://127.0.0.1:1/announce'],
  ];
  writeFileSync(torrent, encodeTorrent({ name: 'a', pieceLength, pieceHashes, length: 200_000, announce }));
  const env = {
    NAME_SERVER: names.at,
    RXTORRENT_NO_LSD: '1',
    RXTORRENT_NO_LISTEN: '1',
    RXTORRENT_BOOTSTRAP: 'router.example.org:6881',
    XDG_STATE_HOME: home,
    HOME: home,
  };
  const magnet = `magnet:?xt=urn:btih:${infoHash}&tr=${encodeURIComponent('http://tracker.example.org/announce')}`;
  mkdirSync(join(home, 'out'));
  const run = (...args: readonly string[]): Run => start([MAIN, ...args], env);
  return { names, torrent, magnet, port, web, home, env, run };
};

type World = Awaited<ReturnType<typeof nobody>>;

/** Each command that waits for somebody, in each way that it can. */
const WAITING: readonly (readonly [what: string, args: (world: World) => readonly string[]])[] = [
  ['handshake, name', ({ torrent }) => ['handshake', torrent, 'peer.example.org:6881']],
  ['handshake, silent', ({ torrent, port }) => ['handshake', torrent, `127.0.0.1:${port}`]],
  ['handshake, web', ({ port, web }) => ['handshake', `http://127.0.0.1:${web}/a.torrent`, `127.0.0.1:${port}`]],
  ['nhandshake', ({ torrent, port }) => ['nhandshake', torrent, `localhost:${port}`]],
  ['magnet_handshake', ({ torrent }) => ['magnet_handshake', torrent]],
  ['peers', ({ torrent }) => ['peers', torrent]],
  ['peers --scrape', ({ torrent }) => ['peers', torrent, '--scrape']],
  [
    'peers, TLS',
    ({ torrent, port }) => ['peers', torrent, '--no-trackers', '--tracker', `https://127.0.0.1:${port}/announce`],
  ],
  [
    'peers, UDP',
    ({ torrent, names }) => ['peers', torrent, '--no-trackers', '--tracker', `udp://${names.at}/announce`],
  ],
  [
    'peers, scraped over UDP',
    ({ torrent, names }) => ['peers', torrent, '--no-trackers', '--scrape', '--tracker', `udp://${names.at}/announce`],
  ],
  ['info, magnet', ({ magnet }) => ['info', magnet]],
  ['info, web', () => ['info', 'https://web.example.org/a.torrent']],
  ['download_piece', ({ torrent, home }) => ['download_piece', torrent, '0', '-o', join(home, 'piece')]],
  [
    'download_piece, magnet',
    ({ magnet, home, port }) => [
      'download_piece',
      magnet,
      '0',
      '-o',
      join(home, 'piece'),
      '--peer',
      `127.0.0.1:${port}`,
    ],
  ],
  ['download', ({ torrent, home }) => ['download', torrent, '-o', `${home}/one/`]],
  [
    'download, silent',
    ({ torrent, home, port }) => [
      'download',
      torrent,
      '-o',
      `${home}/two/`,
      '--peer',
      `127.0.0.1:${port}`,
      '--no-listen',
    ],
  ],
  ['download, magnet', ({ magnet, home }) => ['download', magnet, '-o', `${home}/three/`]],
  ['download, web', ({ web, home }) => ['download', `http://127.0.0.1:${web}/a.torrent`, '-o', `${home}/four/`]],
  ['dht', ({ torrent, home }) => ['dht', torrent, '-o', `${home}/five/`]],
];

/** Each starts in half a second when it is alone, so not all of them at the same time. */
const rounds = [0, 4, 8, 12, 16]
  .map((from) => WAITING.slice(from, from + 4))
  .map((some) => [some.map(([what]) => what).join('; '), some] as const);

describe.each(rounds)('%s', (_, some) => {
  it('end when the time is over', async () => {
    const world = await nobody();
    const ends = some.map(async ([what, args]) => {
      const began = performance.now();
      const { code, at, out } = await world.run(...args(world), '--timeout', '1').ended;
      expect({ what, code, soon: at - began < 1_000 + SOON + 3 * starting, out }).toMatchObject({
        what,
        code: 4,
        soon: true,
      });
      expect(out).toMatch(/^rxtorrent: .+$/m);
      expect(out).not.toMatch(/\b(E[A-Z]{4,}|ERR_\w+|EAI_\w+)\b|getaddrinfo/);
    });
    await Promise.all(ends);
  });

  it('end at once when the user asks them to', async () => {
    const world = await nobody();
    const ends = some.map(async ([what, args], at) => {
      const { child, says, ended } = world.run(...args(world), '--verbose');
      // By then it has begun to wait.
      await says(/\n/);
      await new Promise((resolve) => setTimeout(resolve, 500));
      const running = child.exitCode === null;
      const asked = performance.now();
      child.kill(SIGNALS[at % SIGNALS.length]);
      const { code, at: gone, out } = await ended;
      expect({ what, running, code, soon: gone - asked < SOON, out }).toMatchObject({
        what,
        running: true,
        code: 130,
        soon: true,
      });
    });
    await Promise.all(ends);
  });
});

describe('a download among silent names', () => {
  it('is gone as soon as it is done', async () => {
    const world = await nobody();
    const { says, ended } = world.run(
      'download',
      world.torrent,
      '-o',
      `${world.home}/out/`,
      '--peer',
      `127.0.0.1:${(await peer(content)).port}`,
    );
    const done = await says(/complete, 195 KiB/);
    const { code, at, out } = await ended;
    expect({ code, soon: at - done < SOON, out }).toMatchObject({ code: 0, soon: true });
  });

  it('is gone as soon as nobody reads what it prints', async () => {
    const world = await nobody();
    const { child, says, ended } = world.run(
      'download',
      world.torrent,
      '-o',
      `${world.home}/out/`,
      '--peer',
      `127.0.0.1:${world.port}`,
      '--json',
    );
    await says(/"type":"progress"/);
    const closed = performance.now();
    child.stdout?.destroy();
    const { at, signal } = await ended;
    expect({ signal, soon: at - closed < 2 * SOON }).toEqual({ signal: null, soon: true });
  });

  it('says once that the DHT has nowhere to begin, on the screen and as an event', async () => {
    const world = await nobody();
    const args = (folder: string) => ['download', world.torrent, '-o', `${world.home}/${folder}/`, '--timeout', '12'];
    const ends = [world.run(...args('one'), '--verbose=dht').ended, world.run(...args('two'), '--json').ended] as const;
    const [{ out }, { out: json }] = await Promise.all(ends);
    expect(
      out.match(/^warning: the DHT can't be joined yet: no address is known of router\.example\.org: .*$/gm),
    ).toHaveLength(1);
    for (const what of ['look it up', 'leads to no address'])
      expect(out).toMatch(new RegExp(`^[\\d:.]+ dht {5}· router\\.example\\.org {2}${what}$`, 'm'));
    expect(json.match(/^{"type":"warning",.*"code":"dht-bootstrap"/gm) ?? json).toHaveLength(1);
  }, 40_000);
});

describe('what goes on until it is stopped', () => {
  it('is gone when the user asks it to go, and the trackers never answer', async () => {
    const world = await nobody();
    writeFileSync(join(world.home, 'a'), content.bytes);
    const runs = [world.run('seed', world.torrent, join(world.home, 'a')), world.run('demo', '--size', '64M')];
    const ready = [/seeding/, /peer/];
    const ends = runs.map(async ({ child, says, ended }, at) => {
      await says(ready[at] ?? /./);
      const asked = performance.now();
      child.kill('SIGTERM');
      const { code, at: gone, out } = await ended;
      expect({ code, soon: gone - asked < SOON + starting, out }).toMatchObject({ code: 130, soon: true });
    });
    await Promise.all(ends);
  });
});

describe('a program that uses the library among silent names', () => {
  const program = (world: World, seed: number, then: string): Run => {
    const file = join(world.home, 'program.mjs');
    writeFileSync(
      file,
      `import { readFileSync } from 'node:fs';
       import { BOOTSTRAP, client, dhtNode, fetchTorrent, nodeEnv, parseMagnet, parseTorrent, scrape } from ${JSON.stringify(LIBRARY)};
       const env = nodeEnv();
       const torrent = parseTorrent(readFileSync(${JSON.stringify(world.torrent)}));
       const magnet = parseMagnet(${JSON.stringify(world.magnet)});
       const it = client(env, { ports: [], dht$: dhtNode(env, { bootstrap: [{ host: 'router.example.org', port: 6881 }] }) });
       const peers = [{ host: '127.0.0.1', port: ${seed}, source: 'manual' }, { host: 'peer.example.org', port: 6881, source: 'manual' }];
       const options = { target: { folder: ${JSON.stringify(`${world.home}/out`)} }, peers };
       const end = (subscription) => setTimeout(() => { subscription.unsubscribe(); console.log('the end'); }, 700);
       const ignored = { error: () => undefined };
       ${then}`,
    );
    return start([file], world.env);
  };

  it.each([
    [
      'lets a download complete',
      `it.download(torrent, options).subscribe({ complete: () => console.log('the end') });`,
      true,
    ],
    ['unsubscribes from a download', 'end(it.download(torrent, options).subscribe());', false],
    ['unsubscribes from the download of a magnet link', 'end(it.download(magnet, options).subscribe());', false],
    ['unsubscribes from the metadata', 'end(fetchTorrent(magnet, env, { peers }).subscribe());', false],
    [
      'unsubscribes from a scrape',
      "end(scrape(env, 'udp://tracker.example.org:1', [torrent.infoHash]).subscribe(ignored));",
      false,
    ],
    [
      'unsubscribes from a web server',
      "end(env.httpGet({ url: 'https://web.example.org/', maxBytes: 1, timeout: 60_000 }).subscribe(ignored));",
      false,
    ],
    ['unsubscribes from a peer', 'end(env.connect(peers[1]).subscribe(ignored));', false],
    ['unsubscribes from a name', "end(env.resolve('a.example.org').subscribe());", false],
  ])('exits by itself when it %s', async (_, then, complete) => {
    const world = await nobody();
    const port = complete ? (await peer(content)).port : world.port;
    const { says, ended } = program(world, port, then);
    const over = await says(/the end/);
    const { code, at, out } = await ended;
    expect({ code, soon: at - over < SOON, out }).toMatchObject({ code: 0, soon: true, out: 'the end\n' });
  });
});

describe('what waits for its input', () => {
  it.each([[['decode', '--file', '-']], [['info', '-']], [['download', '-']]])(
    'ends at once when the user asks it to: %j',
    async (args) => {
      const world = await nobody();
      const { child, ended } = world.run(...args);
      child.stdin?.write('d');
      await new Promise((resolve) => setTimeout(resolve, 1_000 + starting));
      const running = child.exitCode === null;
      const asked = performance.now();
      child.kill('SIGINT');
      const { code, at, out } = await ended;
      expect({ running, code, soon: at - asked < SOON, out }).toEqual({
        running: true,
        code: 130,
        soon: true,
        out: '',
      });
    },
  );
});
