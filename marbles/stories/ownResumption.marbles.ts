import {
  concat,
  defer,
  EMPTY,
  ignoreElements,
  map,
  merge,
  NEVER,
  type Observable,
  of,
  pipe,
  Subject,
  takeWhile,
  timer,
} from 'rxjs';
import { describe, expect, it } from 'vitest';
import {
  AddressBook,
  assemblePieces,
  banLiars,
  converse,
  disconnect,
  type Expulsion,
  handshake,
  keepAlive,
  requestBlocks,
  serveBlocks,
  swarm,
  verifyPieces,
  whenUnchoked,
  writePieces,
} from '../../operators/index.ts';
import {
  downloadState,
  type Env,
  inOrder,
  type PeerAddress,
  type PieceOutcome,
  type Rechecked,
  type Restored,
  type Resumption,
  resumption,
  scoped,
  StorageError,
  type Torrent,
  type Warning,
} from '../../src/index.ts';
import { decodeResume } from '../../src/torrent/pieces/resumeNote.ts';
import { DrawnDisk, drawn, honest, type Stage } from '../index.ts';

/** A pipe of one's own that goes on where it ended. */
const resumed = (
  torrent: Torrent,
  env: Env,
  peers$: Observable<PeerAddress>,
  report: (warning: Warning) => void = () => {},
): Observable<PieceOutcome | Rechecked | Restored> =>
  scoped(env.openStorage(torrent, { folder: '.' }), (storage) => {
    const { picker, drafts, identity, wake$ } = downloadState(torrent, env, { order: inOrder });
    const { restore$, writable, remember } = resumption(torrent, env, storage, picker, { report });
    const book = new AddressBook<PeerAddress>();
    const expelled$ = new Subject<Expulsion>();
    const transfer = pipe(whenUnchoked(picker), requestBlocks(picker, { wake$ }));
    const conversation = converse(transfer, keepAlive(), disconnect(expelled$));
    const fetch$ = peers$.pipe(
      swarm((address) => env.connect(address).pipe(handshake(identity), conversation), { book, maxPeers: 50 }),
      assemblePieces(drafts),
      verifyPieces(env.verify(torrent)),
      banLiars({ book, expelled: expelled$ }),
      writePieces(writable, picker),
      takeWhile(() => !picker.complete, true),
      remember,
    );
    return concat(
      restore$,
      defer(() => (picker.complete ? EMPTY : fetch$)),
    );
  });

const seed: PeerAddress = { host: '10.1.0.1', port: 7000, source: 'manual' };
const peers = { '10.1.0.1:7000': honest({ pace: 10 }) };
const peers$ = concat(of(seed), NEVER);
const four = { torrent: { pieces: 4, blocksPerPiece: 1 } } as const;
const run = (stage: Stage, disk: DrawnDisk, report?: (warning: Warning) => void) =>
  resumed(stage.torrent, stage.world({ peers, disk }).env, peers$, report);

describe('a pipe of one’s own', () => {
  it(
    'goes on where it ended when it was unsubscribed: nothing is fetched twice',
    drawn((stage) => {
      const disk = new DrawnDisk(stage);
      stage.gives(run(stage, disk), '^ 45ms !').toBe('30ms s---------s');
      stage.gives(run(stage, disk), '100ms ^').toBe('102ms e 27ms s---------s--|');
    }, four),
  );

  it(
    'has nothing to do when all is there',
    drawn((stage) => {
      const disk = new DrawnDisk(stage);
      stage.gives(run(stage, disk)).toBe('30ms s---------s---------s---------s--|');
      stage.gives(run(stage, disk), '200ms ^').toBe('202ms (e|)');
    }, four),
  );

  it(
    'checks all that is there when the note is gone',
    drawn((stage) => {
      const disk = new DrawnDisk(stage);
      stage.gives(run(stage, disk), '^ 45ms !').toBe('30ms s---------s');
      timer(90).subscribe(() => (disk.note = undefined));
      stage.gives(run(stage, disk), '100ms ^').toBe('104ms (rrrre) 21ms s---------s--|');
    }, four),
  );

  it(
    'is warned, once, when the note can not be written, and goes on',
    drawn((stage) => {
      const fails = (work: string) => (work === 'save' ? new StorageError('io', 'no note') : undefined);
      const disk = new DrawnDisk(stage, { fails });
      const warnings: Warning[] = [];
      stage
        .gives(run(stage, disk, (warning) => warnings.push(warning)))
        .toBe('30ms s---------s---------s---------s--|');
      stage.watch(timer(500), '^ 1s !');
      timer(900).subscribe(() => expect(warnings.map(({ code }) => code)).toEqual(['io']));
    }, four),
  );

  it(
    'is noted while it runs: what is stored, and how much has come',
    drawn((stage) => {
      const disk = new DrawnDisk(stage);
      const { env } = stage.world({ peers: { '10.1.0.1:7000': honest({ pace: 400 }) }, disk });
      stage.watch(resumed(stage.torrent, env, peers$), '^ 1500ms !');
      const noted$ = timer(1500).pipe(
        map(() => {
          const note = disk.note && decodeResume(disk.note, stage.torrent);
          return [note?.have.count, note?.downloaded];
        }),
      );
      stage.gives(noted$).toBe('1500ms (n|)', { n: [3, 3 * 16_384] });
    }, four),
  );

  it.each<[what: string, before: (own: Resumption) => Observable<unknown>, checks: number]>([
    ['it has checked when it began', ({ restore$ }) => restore$, 4],
    [
      'it has stored itself',
      ({ remember }) => of<PieceOutcome>({ type: 'stored', index: 0, length: 16_384, from: [] }).pipe(remember),
      0,
    ],
  ])('does not check again for an upload what %s', (_, before, expected) => {
    let checks = 0;
    drawn((stage) => {
      const { torrent, geometry, words, world } = stage;
      const { env } = world({ disk: { has: [0, 1, 2, 3] } });
      const verify: Env['verify'] = (of) => {
        const check = env.verify(of);
        return (piece) => {
          checks++;
          return check(piece);
        };
      };
      const they = stage.peer('- 99ms a', { a: words.request(1) }, { fast: true });
      they.state.choking = false;
      const served$ = scoped(env.openStorage(torrent, { folder: '.' }), (storage) => {
        const { picker } = downloadState(torrent, env);
        if (expected === 0) picker.restore(0);
        const own = resumption(torrent, { ...env, verify }, storage, picker, { recheck: true });
        const serves$ = concat(of(they), NEVER).pipe(serveBlocks(own.shelf, geometry));
        return merge(before(own).pipe(ignoreElements()), serves$);
      });
      stage.gives(served$, '^ 1s !').toBe('-');
      stage.sends(they).toBe('100ms -P');
    }, four)();
    expect(checks).toBe(expected);
  });

  it(
    'uploads only what has been verified: what is damaged on disk is refused, and wanted again',
    drawn((stage) => {
      const { torrent, geometry, words, world } = stage;
      const { env, disk } = world({ disk: { has: [0, 1, 2, 3] }, hashing: 1 });
      const they = stage.peer('9ms (ab)', { a: words.request(1), b: words.request(2) }, { fast: true });
      they.state.choking = false;
      const warned: string[] = [];
      const served$ = scoped(env.openStorage(torrent, { folder: '.' }), (storage) => {
        const { picker } = downloadState(torrent, env);
        for (let index = 0; index < 4; index++) picker.restore(index);
        const { shelf } = resumption(torrent, env, storage, picker, {
          report: ({ code }) => warned.push(`${code} ${picker.stored.count}`),
        });
        return concat(of(they), NEVER).pipe(serveBlocks(shelf, geometry));
      });
      disk.bytes.fill(0xee, geometry.pieceOffset(1), geometry.pieceOffset(2));
      stage.gives(served$, '^ 1s !').toBe('-');
      stage.sends(they).toBe('------------P-J');
      timer(900).subscribe(() => expect(warned).toEqual(['damaged 3']));
    }, four),
  );
});
