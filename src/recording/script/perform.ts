import { Observable, of, pipe, type Subscriber, Subscription } from 'rxjs';
import { assemblePieces } from '../../../operators/assemblePieces.ts';
import { requestBlocks } from '../../../operators/requestBlocks.ts';
import { verifyPieces } from '../../../operators/verifyPieces.ts';
import { whenUnchoked } from '../../../operators/whenUnchoked.ts';
import { writePieces } from '../../../operators/writePieces.ts';
import type { Block, Peer } from '../../contracts/peer.ts';
import { type DownloadState, downloadState } from '../../download/state/downloadState.ts';
import { MEMORY } from '../../download/parts.ts';
import type { Shape } from '../../torrent/geometry.ts';
import type { PieceOrder } from '../../torrent/picker/pieceOrder.ts';
import { Turns } from '../turns.ts';
import { type Bit, bitOf, messagesOf } from './cues.ts';
import { numbersIn } from './ranges.ts';
import { Outcomes } from './outcomes.ts';
import type { Row, Script } from './script.ts';
import { ScriptedPeer } from './scriptedPeer.ts';

/** What a peer was asked, and when; `after` is how many rows there were before. */
export interface Asked extends Bit {
  readonly time: number;
  readonly who: string;
  readonly after: number;
}

/** What of all that we send is asked of a peer; the rest depends on more than is in a script. */
export const ASKED: ReadonlySet<string> = new Set(['I', 'N', 'R', 'X']);

/** Pieces as they were begun. */
const asBegun = (begun: readonly number[]): PieceOrder => {
  const ranks = new Map(begun.map((piece, rank) => [piece, rank]));
  const rank = (piece: number): number => ranks.get(piece) ?? Infinity;
  return (a, b) => rank(a.index) - rank(b.index) || a.index - b.index;
};

const CHANCE = { random: () => 0.5, randomBytes: (length: number) => new Uint8Array(length) };

/** Operators that download, with peers and a disk that do what a script has. */
class Performance {
  readonly asked: Asked[] = [];
  readonly #script: Script;
  readonly #state: DownloadState;
  readonly #outcomes = new Outcomes();
  readonly #turns = new Turns();
  readonly #peers = new Map<string, ScriptedPeer>();
  readonly #sessions = new Map<string, Subscription>();
  readonly #all = new Subscription();
  #blocks: Subscriber<Block> | undefined;
  #after = 0;

  constructor(script: Script, shape: Shape) {
    this.#script = script;
    this.#state = downloadState({ ...shape, infoHash: new Uint8Array(20) }, CHANCE, {
      order: asBegun(script.begun),
      memory: MEMORY,
    });
    const begun = new Set(script.begun);
    for (let piece = 0; piece < this.#state.geometry.pieceCount; piece++)
      if (!begun.has(piece)) this.#state.picker.restore(piece);
    for (const { does, cues } of script.rows)
      for (const { about } of does === 'gives' ? cues : [])
        for (const piece of numbersIn(about)) this.#outcomes.expect(piece);
  }

  play(): void {
    const turns = this.#turns;
    turns.hold();
    try {
      turns.run(0, () => this.#begin());
      for (const row of this.#script.rows) {
        this.#waits(row.time);
        this.#after++;
        turns.run(row.time, () => this.#does(row));
      }
    } finally {
      turns.within(() => this.#all.unsubscribe());
      turns.release();
    }
  }

  #waits(time: number): void {
    const turns = this.#turns;
    for (let due = turns.due; due !== undefined && due <= time; due = turns.due) turns.fire(due);
  }

  #begin(): void {
    const { drafts, picker } = this.#state;
    const blocks$ = new Observable<Block>((subscriber) => {
      this.#blocks = subscriber;
    });
    const disk = { write: (_: number, bytes: Uint8Array) => of(bytes.length) };
    const stored$ = blocks$.pipe(
      assemblePieces(drafts),
      verifyPieces((piece) => this.#outcomes.verify(piece)),
      writePieces(disk, picker),
    );
    this.#all.add(stored$.subscribe());
  }

  #does({ who, does, cues }: Row): void {
    for (const { letter, about } of cues) {
      if (does === 'gives') for (const piece of numbersIn(about)) this.#outcomes.come(piece, letter !== 'c');
      else if (letter === '!') this.#sessions.get(who)?.unsubscribe();
      else if (does === 'says') this.#says(who, letter, about);
    }
  }

  #says(who: string, letter: string, about: string): void {
    if (letter === 'h') return this.#joins(who, about === 'fast');
    const peer = this.#peers.get(who);
    if (letter === '|') peer?.hangsUp();
    else if (letter === '#') peer?.breaks();
    else for (const message of messagesOf({ letter, about }, this.#state.geometry)) peer?.says(message);
  }

  #joins(who: string, fast: boolean): void {
    const { geometry, picker, wake$ } = this.#state;
    const peer = new ScriptedPeer(this.#script.peers.get(who) ?? who, geometry.pieceCount, fast, (message) => {
      const bit = bitOf(message, geometry);
      if (bit !== undefined && ASKED.has(bit.letter))
        this.asked.push({ ...bit, time: this.#turns.now, who, after: this.#after });
    });
    this.#peers.set(who, peer);
    const asks = pipe(whenUnchoked(picker), requestBlocks(picker, { wake$ }));
    const session = untilGone(peer)
      .pipe(asks)
      .subscribe({ next: (block) => this.#blocks?.next(block), error: () => undefined });
    this.#sessions.set(who, session);
    this.#all.add(session);
  }
}

/** A stream of one peer that ends with it. */
const untilGone = (peer: Peer): Observable<Peer> =>
  new Observable((subscriber) => {
    const gone = { error: (error: unknown) => subscriber.error(error), complete: () => subscriber.complete() };
    subscriber.add(peer.talk$.subscribe(gone));
    subscriber.next(peer);
  });

/** What the peers of a script are asked by our operators, when they say what is in it. @throws Malformed */
export const perform = (script: Script, shape: Shape): readonly Asked[] => {
  const performance = new Performance(script, shape);
  performance.play();
  return performance.asked;
};
