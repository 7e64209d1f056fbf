import bencode from 'bencode';
import { decodeWithSpans, scan } from '../../src/protocol/encoding/bencode.ts';
import { FrameDecoder } from '../../src/protocol/peer/frames.ts';
import { decodeAnnounceReply } from '../../src/protocol/tracker/httpTrackerReply.ts';
import { encodeMessages, type Message } from '../../src/protocol/peer/messages.ts';
import { encodeTorrent } from '../../src/torrent/metainfo/encodeTorrent.ts';
import { privateKey, publicKey, sharedSecret } from '../../src/protocol/mse/diffieHellman.ts';
import { Rc4 } from '../../src/protocol/mse/rc4.ts';
import { BLOCK } from '../../src/torrent/geometry.ts';
import { parseTorrent } from '../../src/torrent/metainfo/metainfo.ts';
import { figure, measure, median, MiB, ratio, spread, table, type Work } from './measure.ts';
import { BATCH, Frames } from './seed.ts';

const ROUNDS = 7;

/** `work` is done `times` over in a run, on `bytes` each time; what is counted is `count` things each time. */
interface Case {
  readonly name: string;
  readonly bytes: number;
  readonly count: number;
  readonly unit: string;
  readonly times: number;
  readonly work: Work;
  /** Something else done with the same bytes, to compare with. */
  readonly against: readonly [name: string, work: Work];
}

const repeated = (work: Work, times: number): Work => {
  return () => {
    for (let time = 0; time < times; time++) void work();
  };
};

const copying = (bytes: Uint8Array): readonly [string, Work] => {
  const copy = new Uint8Array(bytes.length);
  return ['copy', () => copy.set(bytes)];
};

const framesCase = (straddling: boolean): Case => {
  const frames = new Frames(new Uint8Array(BLOCK).fill(1), straddling);
  let blocks = 0;
  const decoder = new FrameDecoder(() => void blocks++);
  return {
    name: `frames, ${straddling ? '64 KiB reads' : 'four in a chunk'}`,
    bytes: BATCH * BLOCK,
    count: BATCH,
    unit: 'frames',
    times: 1000,
    work: () => frames.send(BATCH, { next: (chunk) => decoder.push(chunk) }),
    against: copying(new Uint8Array(BATCH * BLOCK).fill(1)),
  };
};

const requestsCase = (): Case => {
  const requests = Array.from(
    { length: 16 },
    (_, number): Message => ({ type: 'request', piece: 7, begin: number * BLOCK, length: BLOCK }),
  );
  const bytes = encodeMessages(requests);
  return {
    name: 'requests, 16 a write',
    bytes: bytes.length,
    count: 16,
    unit: 'requests',
    times: 50_000,
    work: () => void encodeMessages(requests),
    against: copying(bytes),
  };
};

const rc4Case = (): Case => {
  const bytes = new Uint8Array(65_536).fill(1);
  const cipher = new Rc4(bytes.subarray(0, 20));
  return {
    name: 'RC4, 64 KiB reads',
    bytes: bytes.length,
    count: 4,
    unit: 'blocks',
    times: 500,
    work: () => cipher.apply(bytes),
    against: copying(bytes),
  };
};

/** A key of ours, and the secret that it makes with theirs. */
const keysCase = (): Case => {
  const own = privateKey(new Uint8Array(20).fill(0xa5));
  const theirs = publicKey(own);
  return {
    name: 'keys of an encrypted handshake',
    bytes: 2 * theirs.length,
    count: 1,
    unit: 'handshakes',
    times: 200,
    work: () => {
      publicKey(own);
      sharedSecret(own, theirs);
    },
    against: copying(theirs),
  };
};

const shared = {
  name: 'bench',
  pieceLength: MiB,
  announce: 'http://tracker.test/announce',
  creationDate: 1_700_000_000,
};
const hashes = (count: number): Uint8Array => new Uint8Array(count * 20).map((_, at) => at * 31);
/** A megabyte of hashes, and hardly anything else. */
const big = encodeTorrent({ ...shared, length: 52_000 * MiB, pieceHashes: hashes(52_000) });
const manyFiles = encodeTorrent({
  ...shared,
  pieceHashes: hashes(Math.ceil(12_500 / 8)),
  files: Array.from({ length: 12_500 }, (_, number) => ({
    path: [`folder ${number % 100}`, `file number ${number}.bin`],
    length: MiB / 8,
  })),
});

const bencodeCase = (what: string, bytes: Uint8Array, times: number, verb: string, work: Work): Case => ({
  name: `${verb} ${what}`,
  bytes: bytes.length,
  count: 1,
  unit: 'torrents',
  times,
  work,
  against: ['bencode package', () => void bencode.decode(bytes)],
});

const torrentCases = (what: string, bytes: Uint8Array, times: number): readonly Case[] => [
  bencodeCase(what, bytes, times, 'scan', () => void scan(bytes)),
  bencodeCase(what, bytes, times, 'decode', () => void decodeWithSpans(bytes)),
  bencodeCase(what, bytes, times, 'parseTorrent', () => void parseTorrent(bytes)),
];

const trackerCase = (): Case => {
  const peers = new Uint8Array(200 * 6).map((_, at) => ((at * 7) % 200) + 1);
  const reply = new Uint8Array(
    bencode.encode({ complete: 90, incomplete: 30, interval: 1800, 'min interval': 60, peers }),
  );
  return {
    name: 'tracker reply, 200 peers',
    bytes: reply.length,
    count: 1,
    unit: 'replies',
    times: 1000,
    work: () => void decodeAnnounceReply(reply),
    against: ['bencode package', () => void bencode.decode(reply)],
  };
};

const cases: readonly Case[] = [
  framesCase(false),
  framesCase(true),
  requestsCase(),
  ...torrentCases('1 MB of hashes', big, 200),
  ...torrentCases('12,500 files', manyFiles, 3),
  trackerCase(),
  rc4Case(),
  keysCase(),
];

const rows: string[][] = [];
for (const { name, bytes, count, unit, times, work, against } of cases) {
  const taken = await measure({ work: repeated(work, times), against: repeated(against[1], times) }, ROUNDS);
  const seconds = median(taken.work) / 1000;
  rows.push([
    name,
    figure((bytes * times) / 1e6 / seconds),
    `${figure((count * times) / seconds)} ${unit}/s`,
    spread(taken.work),
    `${ratio(taken.work, taken.against).toPrecision(2)} × ${against[0]}`,
  ]);
}
table(`codecs (medians of ${ROUNDS})`, ['', 'MB/s', 'a second', 'spread', 'time against'], rows);
