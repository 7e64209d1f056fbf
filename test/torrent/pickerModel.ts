import { Bitfield } from '../../src/torrent/bitfield.ts';
import { BLOCK, Geometry } from '../../src/torrent/geometry.ts';
import { type Asker, PiecePicker, type Wanted } from '../../src/torrent/picker/piecePicker.ts';
import type { PickerOptions } from '../../src/torrent/picker/pickerOptions.ts';
import { MAX_COPIES } from '../../src/torrent/picker/openPiece.ts';
import { inOrder } from '../../src/torrent/picker/pieceOrder.ts';
import { seeded } from '../../marbles/random.ts';

/** One peer of the model: what it has, what it is asked, and what it is told to cancel. */
export class Player implements Asker {
  readonly have: Bitfield;
  readonly asked: Wanted[] = [];
  readonly cancelled: Wanted[] = [];
  /** Given up, but still on their way. */
  readonly late: Wanted[] = [];
  joined = false;
  overdue = false;
  proven?: boolean;
  rate?: number;

  constructor(pieceCount: number, pieces: Iterable<number>) {
    this.have = new Bitfield(pieceCount);
    for (const piece of pieces) this.have.set(piece);
  }

  cancel(piece: number, block: number): void {
    const at = this.asked.findIndex((wanted) => wanted.piece === piece && wanted.block === block);
    if (at < 0) throw new RangeError(`cancelled ${piece}/${block}, which was not asked for`);
    this.cancelled.push(...this.asked.splice(at, 1));
  }
}

export interface ModelOptions extends Partial<PickerOptions> {
  readonly pieces: number;
  readonly blocksPerPiece: number;
  readonly peers: readonly (readonly number[])[];
  /** Pieces' worth of memory. */
  readonly drafts?: number;
}

/** A picker and its peers; keeps its own books, and compares after each step. */
export class Model {
  readonly geometry: Geometry;
  readonly picker: PiecePicker;
  readonly players: readonly Player[];
  /** Blocks held of each piece, as whoever gathers them knows. */
  readonly held = new Map<number, Set<number>>();
  readonly allowed: number;
  readonly #suspect = new Set<number>();

  constructor({ pieces, blocksPerPiece, peers, drafts = Infinity, random = seeded(1), ...options }: ModelOptions) {
    this.geometry = new Geometry({ length: pieces * blocksPerPiece * BLOCK, pieceLength: blocksPerPiece * BLOCK });
    this.allowed = Math.max(2, drafts);
    this.picker = new PiecePicker(this.geometry, {
      ...options,
      random,
      memory: drafts * this.geometry.pieceLength,
      abandoned: (piece) => {
        if (!this.held.delete(piece)) throw new RangeError(`piece ${piece} was abandoned, and nothing is held of it`);
      },
    });
    this.players = peers.map((has) => new Player(pieces, has));
  }

  join(player: Player): void {
    if (player.joined) return;
    player.joined = true;
    this.picker.availability.told(player, player.have);
  }

  gain(player: Player, piece: number): void {
    if (player.have.set(piece) && player.joined) this.picker.availability.gained(player, piece);
  }

  ask(player: Player, count: number): readonly Wanted[] {
    if (!player.joined) return [];
    const wanted = this.picker.next(player, player, player.have, count, player.asked.length === 0);
    for (const one of wanted) {
      if (!player.have.has(one.piece)) throw new RangeError(`asked for piece ${one.piece}, which they lack`);
      if (this.held.get(one.piece)?.has(one.block))
        throw new RangeError(`asked for block ${one.piece}/${one.block}, which is held`);
      if (player.asked.some((other) => other.piece === one.piece && other.block === one.block))
        throw new RangeError('asked twice of one peer');
      player.asked.push(one);
    }
    return wanted;
  }

  /** The oldest request is answered. */
  give(player: Player): void {
    const wanted = player.asked.shift();
    if (wanted !== undefined) this.receive(player, wanted);
  }

  receive(player: Player, { piece, block }: Wanted): boolean {
    const of = this.held.get(piece) ?? new Set<number>();
    const useful = this.picker.received(player, piece, block);
    if (!useful) return false;
    if (of.has(block)) throw new RangeError(`block ${piece}/${block} was taken twice`);
    for (const other of this.players) {
      if (other.asked.some((wanted) => wanted.piece === piece && wanted.block === block))
        throw new RangeError('the slower was not told to cancel');
    }
    of.add(block);
    this.held.set(piece, of);
    return true;
  }

  /** A block comes that was given up, or cancelled. */
  giveLate(player: Player): void {
    const wanted = player.late.shift() ?? player.cancelled.shift();
    if (
      wanted !== undefined &&
      !player.asked.some(({ piece, block }) => piece === wanted.piece && block === wanted.block)
    )
      this.receive(player, wanted);
  }

  release(player: Player): void {
    player.late.push(...player.asked);
    this.picker.release(player, player.asked.splice(0));
  }

  leave(player: Player): void {
    if (!player.joined) return;
    player.joined = false;
    this.release(player);
    this.picker.left(player);
    player.late.length = player.cancelled.length = 0;
    this.picker.availability.left(player);
  }

  /** Pieces of which every block is held. */
  get whole(): readonly number[] {
    return [...this.held]
      .filter(([piece, blocks]) => blocks.size === this.geometry.blockCount(piece))
      .map(([piece]) => piece);
  }

  /** It is corrupt, and it is known by which blocks. */
  mend(index: number, wrong: readonly number[]): void {
    this.#suspect.delete(index);
    for (const block of wrong) this.held.get(index)?.delete(block);
    this.picker.settle({ type: 'corrupt', index, wrong });
  }

  settle(index: number, type: 'stored' | 'corrupt'): void {
    this.held.delete(index);
    if (type === 'corrupt') this.#suspect.add(index);
    else this.#suspect.delete(index);
    this.picker.settle({ type, index });
  }

  check(): void {
    this.picker.check();
    if (this.picker.drafts > this.allowed) throw new RangeError(`${this.picker.drafts} drafts`);
    const copies = new Map<string, number>();
    const overdue = this.players.filter((player) => player.overdue).length;
    const askedOf = new Map<number, Set<Player>>();
    for (const player of this.players) {
      for (const { piece, block } of player.asked) {
        copies.set(`${piece}/${block}`, (copies.get(`${piece}/${block}`) ?? 0) + 1);
        askedOf.set(piece, (askedOf.get(piece) ?? new Set()).add(player));
      }
    }
    for (const [block, count] of copies)
      if (count > MAX_COPIES + 2 * overdue) throw new RangeError(`${count} copies of ${block}`);
    for (const piece of this.#suspect)
      if ((askedOf.get(piece)?.size ?? 0) > 1) throw new RangeError(`suspect piece ${piece} is asked of several`);
    for (const piece of this.held.keys())
      if (this.picker.stored.has(piece)) throw new RangeError(`piece ${piece} is stored and held`);
  }
}

export const all = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

/** Asks from the beginning to the end, and all have joined. */
export const modelOf = (
  pieces: number,
  blocksPerPiece: number,
  peers: readonly (readonly number[])[],
  options: { readonly drafts?: number } = {},
): Model => {
  const model = new Model({ pieces, blocksPerPiece, peers, order: inOrder, ...options });
  for (const player of model.players) model.join(player);
  return model;
};
export const pair = (model: Model): [Player, Player] => model.players as unknown as [Player, Player];
export const shown = (wanted: readonly { readonly piece: number; readonly block: number }[]): string[] =>
  wanted.map(({ piece, block }) => `${piece}/${block}`);
