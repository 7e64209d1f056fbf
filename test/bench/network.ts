/**
 * How long a swarm of our own clients takes on the drawn network, in real time: `tsx test/bench/network.ts [clients]
 * [MiB]`. One has all from the start, and each gives what it has.
 */
import { filter, merge, tap } from 'rxjs';
import { drawn } from '../../marbles/index.ts';
import { client } from '../../src/client/client.ts';

const [clients = 8, size = 16] = process.argv.slice(2).map(Number);
const PIECE_BLOCKS = 16;
const pieces = Math.ceil((size * 2 ** 20) / (PIECE_BLOCKS * 2 ** 14));

const began = performance.now();
let ended = 0;
let done = 0;
drawn(
  (stage) => {
    const network = stage.network();
    const all = Array.from({ length: clients }, (_, nth) => {
      const host = network.host(`10.0.${nth >> 8}.${(nth & 255) + 1}`, { up: 4_000_000, down: 20_000_000, delay: 15 });
      const has = nth === 0 ? Array.from({ length: pieces }, (_, piece) => piece) : undefined;
      host.disk(stage.torrent, has === undefined ? {} : { has });
      const events$ = client(host.env, { ports: [6881] }).download(stage.torrent, {
        target: { folder: '.' },
        seed: { idle: 30_000 },
      });
      return host.runs(events$);
    });
    stage.watch(
      merge(...all).pipe(
        filter(({ type }) => type === 'done'),
        tap(() => {
          done++;
          ended = stage.now();
        }),
      ),
    );
  },
  { torrent: { pieces, blocksPerPiece: PIECE_BLOCKS } },
)();
const seconds = ((performance.now() - began) / 1000).toFixed(2);
console.log(`${clients} clients, ${size} MiB: ${done} complete after ${ended / 1000} s of theirs`);
console.log(`${seconds} s of ours`);
