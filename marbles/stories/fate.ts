import { tap } from 'rxjs';
import { download } from '../../src/download/download.ts';
import type { DownloadOptions } from '../../src/download/options.ts';
import type { DownloadEvent } from '../../src/contracts/events.ts';
import type { PeerAddress } from '../../src/contracts/network.ts';
import { addressText } from '../../src/protocol/encoding/address.ts';
import { Geometry } from '../../src/torrent/geometry.ts';
import { drawn, type Mark, type Player, type Size, type World, type WorldOptions } from '../index.ts';
import { sameBytes } from '../same.ts';
import { pieceBytes, torrentOf } from '../torrent.ts';

type Told<Type extends DownloadEvent['type']> = Extract<DownloadEvent, { type: Type }>;

/** What became of a whole download. Times are in milliseconds since the drawing began. */
export interface Fate {
  /** When it was done and every byte on disk was right; infinite if that has not come to pass. */
  readonly took: number;
  readonly world: World;
  /** What it told of this type, in order. */
  readonly told: <Type extends DownloadEvent['type']>(type: Type) => readonly Told<Type>[];
  /** Why the nth of the players was left, each time. */
  readonly leavings: (nth: number) => readonly string[];
  /** How many blocks the nth of the players was asked for. */
  readonly asked: (nth: number) => number;
  /**
   * How many milliseconds the wire to the nth of the players was open, dialling included; infinite if it never ended.
   */
  readonly stayed: (nth: number) => number;
}

export interface FateOptions extends Partial<DownloadOptions> {
  readonly size?: Size;
  readonly world?: WorldOptions;
  /** The subscription lane. An hour. */
  readonly until?: string;
}

/** Where the nth of many is: each at a host of its own. */
export const addressOf = (nth: number): PeerAddress => ({
  host: `10.1.${nth >> 8}.${nth & 0xff}`,
  port: 7000,
  source: 'manual',
});
const letterOf = (nth: number): string => String.fromCharCode(97 + nth);

/** Counts what it is asked for. */
const counted =
  (player: Player, asked: () => void): Player =>
  (heard$, cast) =>
    player(heard$.pipe(tap(({ type }) => type === 'request' && asked())), cast);

const isWhole = (bytes: Uint8Array, size: Size): boolean => {
  const geometry = new Geometry(torrentOf(size));
  return Array.from({ length: geometry.pieceCount }, (_, index) => index).every((index) => {
    const begin = geometry.pieceOffset(index);
    return sameBytes(bytes.subarray(begin, begin + geometry.pieceSize(index)), pieceBytes(geometry, index));
  });
};
const frameOf = (marks: readonly Mark[], letter: string): number =>
  marks.find(({ value }) => value === letter)?.frame ?? Infinity;

/** A whole download from these, which are known in this order, on virtual time: to its end, or for an hour. */
export const fateAmong = (
  players: readonly Player[],
  { size = {}, world: more, until = '^ 60m !', ...options }: FateOptions = {},
): Fate => {
  const addresses = players.map((_, nth) => addressOf(nth));
  const asked = players.map(() => 0);
  const peers = Object.fromEntries(
    players.map((player, nth) => [
      addressText(addressOf(nth)),
      counted(player, () => void (asked[nth] = (asked[nth] ?? 0) + 1)),
    ]),
  );
  let played: { readonly world: World; readonly marks: readonly Mark[] } | undefined;
  drawn(
    (stage) => {
      const world = stage.world({ peers, ...more });
      const all = { target: { folder: '.' }, trackers: [], peers: addresses, ...options };
      played = { world, marks: stage.watch(download(stage.torrent, world.env, all), until) };
    },
    { torrent: size },
  )();
  const { world, marks } = played as NonNullable<typeof played>;
  const events = marks.flatMap(({ kind, value }) => (kind === 'value' ? (value as DownloadEvent) : []));
  const done = marks.find(({ value }) => (value as DownloadEvent | undefined)?.type === 'done')?.frame ?? Infinity;
  return {
    took: isWhole(world.disk.bytes, size) ? done : Infinity,
    world,
    told: <Type extends DownloadEvent['type']>(type: Type) =>
      events.filter((event): event is Told<Type> => event.type === type),
    leavings: (nth) =>
      events.flatMap((event) =>
        event.type === 'peer-left' && addressText(event.address) === addressText(addressOf(nth)) ? [event.reason] : [],
      ),
    asked: (nth) => asked[nth] ?? 0,
    stayed: (nth) => frameOf(world.hangups, letterOf(nth)) - frameOf(world.dials, letterOf(nth)),
  };
};
