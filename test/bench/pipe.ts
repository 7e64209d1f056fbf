import { asapScheduler, auditTime, from, map, mergeMap, of, pipe, share, Subject, takeWhile, tap } from 'rxjs';
import { seeded } from '../../marbles/random.ts';
import { advertise } from '../../operators/advertise.ts';
import { assemblePieces } from '../../operators/assemblePieces.ts';
import { converse } from '../../operators/converse.ts';
import { handshake } from '../../operators/handshake.ts';
import { keepAlive } from '../../operators/keepAlive.ts';
import { requestBlocks } from '../../operators/requestBlocks.ts';
import { verifyPieces } from '../../operators/verifyPieces.ts';
import { whenUnchoked } from '../../operators/whenUnchoked.ts';
import { writePieces } from '../../operators/writePieces.ts';
import { verifier } from '../../src/disk/hashing/verifier.ts';
import type { PieceOutcome } from '../../src/contracts/events.ts';
import type { Peer } from '../../src/contracts/peer.ts';
import type { Verify } from '../../src/contracts/storage.ts';
import { FrameDecoder } from '../../src/protocol/peer/frames.ts';
import { sha1 } from '../../src/protocol/encoding/id.ts';
import { BLOCK, Geometry } from '../../src/torrent/geometry.ts';
import { PieceBuffers, PieceDrafts } from '../../src/torrent/pieces/pieceDrafts.ts';
import { PiecePicker } from '../../src/torrent/picker/piecePicker.ts';
import { figure, measure, median, MiB, ratio, spread, table } from './measure.ts';
import { BATCH, Frames, Seed } from './seed.ts';

const PEERS = 50;
const MEMORY = 64 * MiB;
const ROUNDS = 7;

const geometry = new Geometry({ length: 512 * MiB, pieceLength: MiB / 4 });
const BLOCKS = geometry.length / BLOCK;
const infoHash = new Uint8Array(20).fill(7);
const block = new Uint8Array(BLOCK).map((_, at) => at * 31);
const piece = new Uint8Array(geometry.pieceLength).map((_, at) => block[at % BLOCK] as number);
const promised = sha1(piece);
const pieceHashes = new Uint8Array(geometry.pieceCount * 20).map((_, at) => promised[at % 20] as number);

/** Kept from run to run: the first touch of memory would cost more than all that is measured. */
const buffers = new PieceBuffers(geometry.pieceLength);

const unchecked: Verify = () => of(true);
const hashed = verifier({ pieceHashes, pieceLength: geometry.pieceLength, files: [] }, { workers: 0 });

/** The pipe of a download but for dialling: from handshakes to outcomes, all in memory. */
const runPipe = async (straddling: boolean, verify: Verify): Promise<void> => {
  const frames = new Frames(block, straddling);
  const seeds = Array.from({ length: PEERS }, (_, number) => new Seed(number, frames, infoHash));
  const freed$ = new Subject<void>();
  const settled$ = new Subject<PieceOutcome>();
  const drafts = new PieceDrafts<Peer>(geometry, buffers);
  const picker = new PiecePicker(geometry, {
    random: seeded(1),
    memory: MEMORY,
    freed: () => freed$.next(),
    abandoned: (index) => drafts.drop(index),
  });
  const wake$ = freed$.pipe(auditTime(0, asapScheduler), share());
  const session = (seed: Seed) =>
    of(seed.wire).pipe(
      handshake({ infoHash, peerId: new Uint8Array(20), pieceCount: geometry.pieceCount }),
      converse(
        pipe(whenUnchoked(picker), requestBlocks(picker, { wake$ })),
        advertise(picker, settled$.pipe(map(({ index }) => index))),
        keepAlive(),
      ),
    );
  const fetched$ = from(seeds).pipe(
    mergeMap(session),
    assemblePieces(drafts),
    verifyPieces(verify),
    writePieces({ write: (_, bytes) => of(bytes.length) }, picker),
    tap((outcome) => {
      settled$.next(outcome);
    }),
    takeWhile(() => !picker.complete, true),
  );
  const running = fetched$.subscribe({ error: (error: unknown) => console.error(error) });
  while (!running.closed) {
    for (const seed of seeds) seed.turn();
    // Sockets let timers and what waits for its turn run between their reads, too.
    await new Promise((resolve) => setImmediate(resolve));
  }
  if (!picker.complete) throw new Error('the pipe ended before the torrent was complete');
};

/** The least that any client does with the same chunks: decodes frames and copies blocks to where their pieces are. */
const runLoop = (straddling: boolean, check: (piece: Uint8Array) => boolean): void => {
  const frames = new Frames(block, straddling);
  const pieces = Array.from({ length: PEERS }, () => buffers.take());
  let copied = 0;
  const decoders = pieces.map(
    (bytes) =>
      new FrameDecoder((message) => {
        if (message.type !== 'piece') return;
        bytes.set(message.bytes, message.begin);
        copied++;
        if (message.begin + BLOCK === geometry.pieceLength && !check(bytes)) throw new Error('a wrong piece');
      }),
  );
  for (let frame = 0; frame < BATCH; frame++) frames.address(frame, 0, frame * BLOCK);
  for (let turn = 0; copied < BLOCKS; turn++) {
    const decoder = decoders[turn % PEERS] as FrameDecoder;
    frames.send(BATCH, { next: (chunk) => decoder.push(chunk) });
  }
  for (const bytes of pieces) buffers.give(bytes);
};

const isPromised = (bytes: Uint8Array): boolean => Buffer.compare(sha1(bytes), promised) === 0;

const cases = [
  { name: 'whole frames, not verified', straddling: false, verify: unchecked, check: () => true },
  { name: '64 KiB reads, not verified', straddling: true, verify: unchecked, check: () => true },
  { name: '64 KiB reads, SHA-1 on this thread', straddling: true, verify: hashed, check: isPromised },
];

const rows: string[][] = [];
for (const { name, straddling, verify, check } of cases) {
  const taken = await measure(
    { pipe: () => runPipe(straddling, verify), loop: () => runLoop(straddling, check) },
    ROUNDS,
  );
  const speed = (ms: number): string => figure(geometry.length / MiB / (ms / 1000));
  rows.push([
    name,
    speed(median(taken.pipe)),
    figure((median(taken.pipe) * 1000) / BLOCKS),
    spread(taken.pipe),
    speed(median(taken.loop)),
    figure((median(taken.loop) * 1000) / BLOCKS),
    ratio(taken.pipe, taken.loop).toFixed(2),
  ]);
}
table(
  `pipe: ${PEERS} peers, ${geometry.length / MiB} MiB in pieces of ${geometry.pieceLength / 1024} KiB, ` +
    `no sockets, no disk (medians of ${ROUNDS})`,
  ['', 'MiB/s', 'µs/block', 'spread', 'loop MiB/s', 'loop µs/block', 'time / loop'],
  rows,
);
