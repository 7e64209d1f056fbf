import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { peer } from '../swarm/fixture.ts';
import { MAIN } from './run.ts';
import { content, nobody, SOON, type World } from './silentWorld.ts';

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

  it('is gone as soon as its reader has left', async () => {
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
      out.match(
        /^warning: the DHT can't be joined yet: the addresses could not be looked up of router\.example\.org: .*$/gm,
      ),
    ).toHaveLength(1);
    for (const what of ['look it up', 'has no address'])
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
