import type { ChildProcess } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { nameServer, type Said } from '../net/nameServer.ts';
import { type Content, HOST, listening, World } from './world.ts';

const CLI = process.env['MAIN'] ?? resolve('dist/src/cli/main.js');
const PORT = 7731;
/** A name server of this machine, at the port where the system looks for it. */
const SERVER = '127.0.0.53';

let world: World;
let content: Content;
beforeEach(() => {
  world = new World();
  content = world.content(
    'named.bin',
    [1_000_000],
    [['http://tracker.example.org/announce'], ['udp://other.example.org:6969']],
  );
});
afterEach(() => world.end());

/** What the system goes by, for one process alone: its name servers and its hosts file. */
const start = (
  args: readonly string[],
  { resolv, hosts }: { readonly resolv: string; readonly hosts: string },
): ChildProcess => {
  const files = { resolv: world.path('resolv.conf'), hosts: world.path('hosts') };
  writeFileSync(files.resolv, resolv);
  writeFileSync(files.hosts, hosts);
  const mounts = `mount --bind '${files.resolv}' /etc/resolv.conf && mount --bind '${files.hosts}' /etc/hosts`;
  const script = `${mounts} && exec "$@"`;
  return world.start('unshare', '-m', 'sh', '-c', script, 'sh', process.execPath, CLI, ...args);
};

const ended = async (
  child: ChildProcess,
): Promise<{
  readonly code: number | null;
  readonly took: number;
  readonly lingered: number;
  readonly out: string;
}> => {
  const began = performance.now();
  let out = '';
  let said = began;
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (text: Buffer) => {
      out += text.toString();
      said = performance.now();
    });
  }
  const code = await new Promise<number | null>((done) => child.once('close', done));
  return { code, took: performance.now() - began, lingered: performance.now() - said, out };
};

const answers = (say: (name: string, type: string) => Said) =>
  nameServer(({ name, type }) => say(name, type), { host: SERVER, port: 53 });
const CONF = { resolv: `nameserver ${SERVER}\n`, hosts: '127.0.0.1 localhost\n10.77.0.1 seed.example.org\n' };

const seeding = async (): Promise<void> => {
  world.lay(content, 'theirs');
  world.ours(
    'seed',
    content.torrent,
    world.path('theirs', 'named.bin'),
    '--port',
    String(PORT),
    '--no-dht',
    '--no-lsd',
    '--no-trackers',
  );
  await listening(PORT);
};

describe('with a name server that swallows all it is asked', () => {
  it('a download ends when it is done', async () => {
    await answers(() => 'silence');
    await seeding();
    const child = start(
      ['download', content.torrent, '-o', world.path('ours/'), '--peer', `${HOST}:${PORT}`, '--no-lsd', '--no-listen'],
      CONF,
    );
    const { code, lingered, out } = await ended(child);
    expect({ code, out, soon: lingered < 2_000 }).toMatchObject({ code: 0, soon: true });
    expect(world.holds(content, 'ours')).toBe(true);
  });

  it('what waits for a name waits no longer than it is told to', async () => {
    await answers(() => 'silence');
    const { code, took } = await ended(
      start(['handshake', content.torrent, 'nobody.example.org:6881', '--timeout', '2'], CONF),
    );
    expect({ code, soon: took < 6_000 }).toEqual({ code: 4, soon: true });
  });
});

describe('a name', () => {
  it('is known from the hosts file, whatever name servers do', async () => {
    await answers(() => 'silence');
    await seeding();
    const { code, out } = await ended(
      start(['handshake', content.torrent, `seed.example.org:${PORT}`, '--timeout', '10'], CONF),
    );
    expect({ code, out }).toMatchObject({ code: 0 });
  });

  it('is known from the name server, and with a search list by the system', async () => {
    const { heard } = await answers((name, type) => (name === 'far.example.org' && type === 'A' ? [HOST] : 'nxdomain'));
    await seeding();
    for (const [name, resolv] of [
      ['far.example.org', CONF.resolv],
      ['far', `${CONF.resolv}search example.org\n`],
      ['far.example', `${CONF.resolv}search org\n`],
    ] as const) {
      const { code, out } = await ended(
        start(['handshake', content.torrent, `${name}:${PORT}`, '--timeout', '20'], { ...CONF, resolv }),
      );
      expect({ name, code, out }).toMatchObject({ code: 0 });
    }
    expect(heard.length).toBeGreaterThan(0);
    const { code, out } = await ended(
      start(['handshake', content.torrent, `near.example.org:${PORT}`, '--timeout', '20'], CONF),
    );
    expect(code).toBe(4);
    expect(out).toContain('there is no host of that name');
  });

  it('is asked of the second name server when the first is silent', async () => {
    await answers(() => 'silence');
    const second = await nameServer(({ type }) => (type === 'A' ? [HOST] : 'none'), { host: '127.0.0.54', port: 53 });
    await seeding();
    const resolv = `nameserver ${SERVER}\nnameserver 127.0.0.54\n`;
    const { code, out } = await ended(
      start(['handshake', content.torrent, `far.example.org:${PORT}`, '--timeout', '20'], { ...CONF, resolv }),
    );
    expect({ code, out }).toMatchObject({ code: 0 });
    expect(second.heard.length).toBeGreaterThan(0);
  });
});
