import { describe, expect, it } from 'vitest';
import { seeded } from '../../../marbles/random.ts';
import { Geometry } from '../../../src/torrent/geometry.ts';
import { PiecePicker } from '../../../src/torrent/picker/piecePicker.ts';
import { all, Model, modelOf, pair, type Player, shown } from '../pickerModel.ts';

const MiB = 2 ** 20;

describe('memory', () => {
  it.each([
    [16 * MiB, 4],
    [256 * MiB, 2],
    [16 * 1024, 4096],
  ])('of 64 MiB holds pieces of %i bytes, always two', (pieceLength, drafts) => {
    const geometry = new Geometry({ length: pieceLength * 5000, pieceLength });
    const picker = new PiecePicker(geometry, { random: seeded(1), memory: 64 * MiB });
    const have = new Model({ pieces: 5000, blocksPerPiece: 1, peers: [all(5000)] }).players[0] as Player;
    const who = { cancel: () => {} };
    picker.next(who, who, have.have, 5000 * geometry.blocksPerPiece, true);
    expect(picker.drafts).toBe(drafts);
    picker.check();
  });

  it('that is full of pieces of peers who are gone goes to pieces of those who are there', () => {
    const model = modelOf(
      4,
      2,
      [
        [0, 1],
        [2, 3],
      ],
      { drafts: 2 },
    );
    const [gone, there] = pair(model);
    model.ask(gone, 4);
    model.give(gone);
    model.give(gone);
    model.give(gone);
    expect(model.whole).toEqual([0]);
    model.settle(0, 'stored');
    model.ask(there, 1);
    model.give(there);
    model.leave(gone);
    // Held: 1/0 and 2/0. The peer that is there begins nothing before it has to.
    expect(shown(model.ask(there, 9))).toEqual(['2/1']);
    model.give(there);
    model.settle(2, 'stored');
    expect(shown(model.ask(there, 9))).toEqual(['3/0', '3/1']);
    model.check();
  });

  it('is taken from the piece of which least is held', () => {
    const model = modelOf(
      4,
      3,
      [
        [0, 1],
        [2, 3],
      ],
      { drafts: 2 },
    );
    const [gone, there] = pair(model);
    model.ask(gone, 6);
    for (const block of [0, 1, 3]) {
      const at = gone.asked.findIndex((wanted) => wanted.piece * 3 + wanted.block === block);
      model.receive(gone, gone.asked.splice(at, 1)[0] as { piece: number; block: number });
    }
    model.leave(gone);
    expect(shown(model.ask(there, 9))).toEqual(['2/0', '2/1', '2/2']);
    expect([...model.held.keys()]).toEqual([0]);
    model.check();
  });

  it('is not taken for a peer who has nothing to begin', () => {
    const model = modelOf(4, 2, [[0, 1], []], { drafts: 2 });
    const [gone, there] = pair(model);
    model.ask(gone, 4);
    model.give(gone);
    model.leave(gone);
    expect(shown(model.ask(there, 9))).toEqual([]);
    expect([...model.held.keys()]).toEqual([0]);
  });

  it('wakes those who wait when a piece is settled, released or given up', () => {
    let freed = 0;
    const model = new Model({ pieces: 3, blocksPerPiece: 1, peers: [all(3)], freed: () => freed++ });
    const [player] = pair(model);
    model.join(player);
    model.ask(player, 4); // one more than there is
    model.give(player);
    expect(freed).toBe(0);
    model.settle(model.whole[0] as number, 'stored');
    expect(freed).toBe(1);
    model.ask(player, 1);
    model.release(player);
    expect(freed).toBe(2);
    model.ask(player, 9);
    const stored = [0, 1, 2].find((piece) => model.picker.stored.has(piece)) as number;
    model.picker.release(player, [{ piece: stored, block: 0 }]);
    expect(freed).toBe(2);
  });

  it('wakes nobody while all have what they have room for', () => {
    let freed = 0;
    const model = new Model({ pieces: 9, blocksPerPiece: 1, peers: [all(9)], freed: () => freed++ });
    const [player] = pair(model);
    model.join(player);
    model.ask(player, 3);
    model.give(player);
    model.settle(model.whole[0] as number, 'stored');
    model.release(player);
    expect(freed).toBe(0);
    // Refused once, woken once.
    model.ask(player, 99);
    model.give(player);
    for (const index of model.whole) model.settle(index, 'stored');
    expect(freed).toBe(1);
  });

  it('wakes whoever has room since another was faster', () => {
    let freed = 0;
    const model = new Model({ pieces: 1, blocksPerPiece: 2, peers: [all(1), all(1)], freed: () => freed++ });
    const [slow, quick] = pair(model);
    model.join(slow);
    model.join(quick);
    model.ask(slow, 2);
    model.ask(quick, 1);
    model.give(quick);
    model.release(slow);
    expect(freed).toBe(1);
  });
});
