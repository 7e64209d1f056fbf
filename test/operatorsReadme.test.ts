import { readFileSync, writeFileSync } from 'node:fs';
import { type MonoTypeOperatorFunction, of, pipe, Subject, tap } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { draw, type Stage } from '../marbles/index.ts';
import {
  advertise,
  assemblePieces,
  converse,
  handshake,
  requestBlocks,
  verifyPieces,
  whenUnchoked,
  writePieces,
} from '../operators/index.ts';
import type { PieceOutcome } from '../src/contracts/events.ts';
import type { Block, CheckedPiece, Peer, Piece } from '../src/contracts/peer.ts';
import { downloadState } from '../src/download/state/downloadState.ts';
import { inOrder } from '../src/torrent/picker/pieceOrder.ts';

const README = new URL('../operators/README.md', import.meta.url);
const text = (path: string): string => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');

/** What passes at one place of a pipe. */
const place = <T>(): { readonly seen$: Subject<T>; readonly here: MonoTypeOperatorFunction<T> } => {
  const seen$ = new Subject<T>();
  return { seen$, here: tap({ next: (value) => seen$.next(value), complete: () => seen$.complete() }) };
};

/** One download of four blocks, as each of the operators sees it. */
const pipeline = ({ torrent, world, wire }: Stage) => {
  const { env } = world();
  const { picker, wake$, drafts, identity } = downloadState(torrent, env, { order: inOrder });
  const they = wire('--h-B---U-----1--2--3---4---|');
  const [peers, blocks, pieces, checked] = [place<Peer>(), place<Block>(), place<Piece>(), place<CheckedPiece>()];
  const stored$ = new Subject<number>();
  const disk = { write: (_: number, bytes: Uint8Array) => of(bytes.length) };
  const outcome$ = of(they).pipe(
    handshake(identity),
    peers.here,
    converse(pipe(whenUnchoked(picker), requestBlocks(picker, { wake$ })), advertise(picker, stored$)),
    blocks.here,
    assemblePieces(drafts),
    pieces.here,
    verifyPieces(({ index }) => index !== 1),
    checked.here,
    writePieces(disk, picker),
    tap<PieceOutcome>(({ type, index }) => type === 'stored' && stored$.next(index)),
  );
  return {
    they: they.said,
    writes: they.sent,
    handshake: peers.seen$,
    requestBlocks: blocks.seen$,
    assemblePieces: pieces.seen$,
    verifyPieces: checked.seen$,
    writePieces: outcome$,
  };
};

describe('operators/README.md', () => {
  it('has the pipe of the drawing, word for word', () => {
    const [, pipe = ''] = text('marbles/stories/documentedPipe.marbles.ts').split(/^\/\/ README: (?:begin|end)\n/m);
    expect(pipe).toContain('banLiars');
    expect(text('operators/README.md')).toContain(`\n${pipe}\n`);
  });

  it('shows what really happens (UPDATE_README=1 writes it)', () => {
    const [begin, end] = ['<!-- drawn:begin -->\n', '<!-- drawn:end -->'];
    const readme = text('operators/README.md');
    const [before = '', rest = ''] = readme.split(begin);
    const [, after] = rest.split(end);
    const made = `${before}${begin}\n\`\`\`\n${draw(pipeline)}\n\`\`\`\n\n${end}${after}`;
    if (process.env['UPDATE_README']) writeFileSync(README, made);
    else expect(readme).toBe(made);
  });
});
