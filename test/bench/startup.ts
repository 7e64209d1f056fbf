import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { encodeTorrent } from '../../src/torrent/metainfo/encodeTorrent.ts';
import { figure, measure, median, ratio, spread, table, type Work } from './measure.ts';

const ROUNDS = 11;

const main = fileURLToPath(new URL('../../dist/src/cli/main.js', import.meta.url));
const home = mkdtempSync(join(tmpdir(), 'rxtorrent-bench-'));
const torrent = join(home, 'small.torrent');
writeFileSync(
  torrent,
  encodeTorrent({ name: 'small.bin', pieceLength: 16_384, length: 16_384, pieceHashes: new Uint8Array(20) }),
);

const running =
  (...args: readonly string[]): Work =>
  async () => {
    const [code] = (await once(spawn(process.execPath, args, { stdio: 'ignore' }), 'exit')) as [number | null];
    if (code !== 0) throw new Error(`node ${args.join(' ')} exited with ${code}`);
  };

// A peer that only listens: the time is taken when it is dialled.
const peer = createServer().listen(0, '127.0.0.1');
await once(peer, 'listening');
const { port } = peer.address() as AddressInfo;
const dialling: Work = async () => {
  const alone = ['--no-trackers', '--peer', `127.0.0.1:${port}`];
  const child = spawn(process.execPath, [main, 'download', torrent, ...alone, '-o', `${home}/`, '--quiet'], {
    env: { ...process.env, RXTORRENT_NO_DHT: '1', RXTORRENT_NO_LSD: '1', RXTORRENT_NO_LISTEN: '1' },
    stdio: 'ignore',
  });
  await once(peer, 'connection');
  const exit = once(child, 'exit');
  child.kill('SIGKILL');
  await exit;
};

try {
  const taken = await measure(
    {
      'node -e 0': running('-e', '0'),
      'info FILE': running(main, 'info', torrent),
      'download --help': running(main, 'download', '--help'),
      'download FILE, first dial': dialling,
    },
    ROUNDS,
  );
  const bare = taken['node -e 0'];
  const rows = Object.entries(taken).map(([name, ms]) => [
    name,
    figure(median(ms)),
    spread(ms),
    ratio(ms, bare).toFixed(2),
  ]);
  table(`start-up of what is built (medians of ${ROUNDS})`, ['', 'ms', 'spread', 'time / node -e 0'], rows);
} finally {
  peer.close();
  rmSync(home, { recursive: true, force: true });
}
