import { Bitfield } from '../src/torrent/bitfield.ts';
import { Geometry } from '../src/torrent/geometry.ts';
import { byPriority, firstBy, rarestFirst, type PieceOrder } from '../src/torrent/picker/pieceOrder.ts';
import { PiecePicker } from '../src/torrent/picker/piecePicker.ts';
import { DrawingError } from './expectation.ts';
import { torrentOf } from './torrent.ts';

export interface PickerDrawing {
  /** Which piece is begun next; by default priority, then rarity. */
  readonly order?: PieceOrder;
  /** Blocks of each piece. */
  readonly blocksPerPiece?: number;
  /** Pieces that may be begun and not yet stored. */
  readonly memory?: number;
  /** Blocks requested at once. */
  readonly count?: number;
  /** Pieces are picked from the first to the last. */
  readonly ordered?: boolean;
}

const NAMES = ['avail', 'have', 'prio', 'asked', 'they', 'asks'] as const;
type Name = (typeof NAMES)[number];
type Rows = Partial<Record<Name, string>>;

/** Rows of one character a piece, each after its name. */
const parsePicture = (picture: string): { readonly rows: Rows; readonly pieces: number } => {
  const rows: Rows = {};
  for (const line of picture.split('\n').filter((text) => text.trim() !== '')) {
    const [name = '', ...cells] = line.trim().split(/\s+/);
    if (!NAMES.includes(name as Name)) throw new DrawingError(`there is no row ${name}: draw ${NAMES.join(', ')}`);
    rows[name as Name] = cells.join('');
  }
  const pieces = rows.asks?.length ?? 0;
  for (const [name, cells] of Object.entries(rows)) {
    if (cells.length !== pieces) throw new DrawingError(`${name} has ${cells.length} pieces, asks has ${pieces}`);
  }
  return { rows, pieces };
};

const fieldOf = (cells: string, isSet: (cell: string) => boolean): Bitfield => {
  const field = new Bitfield(cells.length);
  [...cells].forEach((cell, index) => isSet(cell) && field.set(index));
  return field;
};

/** A peer in a picture. */
const asker = () => ({ cancel: () => {} });

const setUp = ({ avail = '', have = '', prio = '', asked = '' }: Rows, picker: PiecePicker): void => {
  for (let nth = 1; nth <= 9 && avail !== ''; nth++) {
    const field = fieldOf(avail, (cell) => Number(cell) >= nth);
    if (field.count > 0) picker.availability.told({}, field);
  }
  [...have].forEach((cell, index) => {
    if (cell === '*') picker.restore(index);
    if (cell === 'x') picker.exclude(index);
  });
  [...prio].forEach((cell, index) => picker.prioritise(index, Number(cell)));
  const askers = new Map<string, ReturnType<typeof asker>>();
  [...asked].forEach((cell, index) => {
    if (!/[a-z]/.test(cell)) return;
    const who = askers.get(cell) ?? asker();
    askers.set(cell, who);
    const only = fieldOf(asked, () => false);
    only.set(index);
    picker.next(who, who, only, 1, false);
  });
};

/**
 * A picture of the picker as the body of a test, one character a piece:
 *
 * ```
 * avail  43252    how many peers have it
 * have   *···x    * stored, x not wanted
 * asked  ··a··    a block of it is asked of peer a
 * asks   ·213·    what one more peer, who has everything, is asked for, in this order
 * ```
 *
 * Further rows: `they`, with `*` for what that peer has, and `prio`, with a digit for each priority. A piece of which
 * several blocks are requested is drawn with the number of the first.
 */
export const drawnPicker =
  (
    picture: string,
    {
      order = firstBy(byPriority, rarestFirst),
      blocksPerPiece = 1,
      memory = Infinity,
      count = 9,
      ordered = false,
    }: PickerDrawing = {},
  ) =>
  (): void => {
    const { rows, pieces } = parsePicture(picture);
    const geometry = new Geometry(torrentOf({ pieces, blocksPerPiece }));
    const picker = new PiecePicker(geometry, {
      order,
      ordered,
      random: () => 0.5,
      memory: memory * geometry.pieceLength,
    });
    setUp(rows, picker);
    const they = fieldOf(rows.they ?? '*'.repeat(pieces), (cell) => cell === '*');
    const who = asker();
    const asks = new Array<string>(pieces).fill('·');
    picker.next(who, who, they, count, true).forEach(({ piece }, nth) => {
      if (asks[piece] === '·') asks[piece] = String(nth + 1);
    });
    picker.check();
    if (asks.join('') !== rows.asks?.replaceAll(/[.-]/g, '·'))
      throw new DrawingError(
        `\npicker: not as drawn\n  expected  asks ${rows.asks}\n  received  asks ${asks.join('')}`,
      );
  };
