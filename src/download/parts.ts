import {
  defer,
  distinctUntilChanged,
  filter,
  identity,
  share,
  startWith,
  map,
  type MonoTypeOperatorFunction,
  NEVER,
  type Observable,
  tap,
} from 'rxjs';
import type { BanLiarsOptions } from '../../operators/banLiars.ts';
import { findWrongBlocks } from '../../operators/findWrongBlocks.ts';
import { extension } from '../../operators/extension.ts';
import { anyOf, together } from '../discovery/until.ts';
import type { Env } from '../contracts/env.ts';
import { InputError } from '../contracts/errors.ts';
import type { Block, CheckedPiece, Peer } from '../contracts/peer.ts';
import type { Storage, Verify } from '../contracts/storage.ts';
import { rootsOf } from '../torrent/merkle/pieceRoots.ts';
import { LeafDraft } from '../torrent/merkle/leafDraft.ts';
import type { Torrent } from '../torrent/metainfo/metainfo.ts';
import { Lull } from '../torrent/peers/lull.ts';
import { FileSelection } from '../torrent/picker/fileSelection.ts';
import type { PiecePicker } from '../torrent/picker/piecePicker.ts';
import type { WindowRule } from '../torrent/requests/windowRule.ts';
import { Choker } from '../torrent/upload/choker.ts';
import { SuperSeed } from '../torrent/upload/superSeed.ts';
import { leavesOnDisk } from './storage/leavesOnDisk.ts';
import { notedFirst } from './storage/completion.ts';
import { changesOf, constantOf } from './streams/changing.ts';
import type { SessionContext } from './session/conversation.ts';
import { besideWebSeeds } from './session/webSeeds.ts';
import { type DownloadState, downloadState } from './state/downloadState.ts';
import type { ListenPort } from './swarm/listenPort.ts';
import type { DownloadOptions, Selection } from './options.ts';
import { allowancesOf } from './limits/rateLimits.ts';
import { ResumeData } from './storage/resumeData.ts';
import { givenEnough } from './limits/seedGoal.ts';
import { prioritising } from './state/prioritising.ts';
import { type Settling, settling } from './state/settling.ts';
import { stoppedOf } from './swarm/stopping.ts';
import type { TorrentSwarm } from './swarm/torrentSwarm.ts';
import { VerifiedReader } from './storage/verifiedReader.ts';

/** Bytes of pieces begun and not yet stored, unless the user says how many. */
export const MEMORY = 64 * 2 ** 20;

/** What is known of the files once a place has been chosen. */
export interface Chosen {
  readonly storage: Storage;
  readonly select: Selection;
  /** Selections that take its place while it runs. */
  readonly selections$: Observable<Selection>;
  readonly files: WantedFiles;
  /** Existing files may be replaced. */
  readonly force: boolean;
}

/** The files that the storage writes to: those that are wanted, or have been since it was opened. */
export interface WantedFiles {
  wants: (file: number) => boolean;
}

export type PartsOptions = Omit<DownloadOptions, 'select'> & ListenPort;

/** The parts of the download of one torrent, once its files are open. They belong to one subscription. */
export interface Parts extends DownloadState, Settling {
  readonly torrent: Torrent;
  readonly storage: Storage;
  readonly swarm: TorrentSwarm;
  /** Another one after each change of what is wanted. */
  selection: FileSelection;
  readonly files: WantedFiles;
  readonly shelf: VerifiedReader;
  readonly resume: ResumeData;
  /** The storage, which writes nothing before a note says which torrent the files belong to. */
  readonly writable: Pick<Storage, 'write' | 'writev' | 'ordered'>;
  readonly verify: Verify;
  /** Finds the wrong blocks of corrupt pieces, in version 2. */
  readonly wrongBlocks: MonoTypeOperatorFunction<CheckedPiece>;
  /** What happens to peers that send corrupt data. */
  readonly banning: BanLiarsOptions;
  /** The conversation with each peer. */
  readonly context: SessionContext;
  /** Adds the blocks of web servers to those of peers. */
  readonly webSeeds: MonoTypeOperatorFunction<Block>;
  /** Pieces may be fetched and written. */
  readonly fetches: boolean;
  /** The download goes on to seed when it is complete. */
  readonly seeds: boolean;
  /** Emits when the user stops the download. */
  readonly stopped$: Observable<unknown>;
  /** The same, or when a seeding limit is reached. */
  readonly over$: Observable<unknown>;
  /** Subscribed to meanwhile: follows the limits that the user gives. */
  readonly changes$: Observable<never>;
}

/** @throws InputError `bad-option` if there is nothing to download */
export const partsOf = (
  torrent: Torrent,
  env: Env,
  options: PartsOptions,
  swarm: TorrentSwarm,
  { storage, select, files }: Chosen,
): Parts => {
  const { memory = MEMORY, seed } = options;
  const { loops, peerId, stats, report } = swarm;
  const fetches = seed?.only !== true;
  const how = { order: constantOf(options.order), ordered: storage.ordered, memory, peerId };
  const state = downloadState(torrent, env, how);
  const { picker } = state;
  // Nothing is missing that is still wanted.
  const all$ = loops.settled.pipe(filter(({ type }) => (type === 'reselected' || type === 'found') && picker.complete));
  const selection = selected(torrent, state, select);
  stats.begin(picker, state.drafts, selection);
  loops.stirred.next();
  const sound = (index: number): void => shelf.vouch(index);
  const settle = settling({ picker, stats, freed: state.freed, sound, fetches, settled: loops.settled, report });
  const shelf = new VerifiedReader(torrent, env, storage, { stored: picker.stored, ...settle });
  const resume = new ResumeData(torrent, storage, picker, stats, shelf);
  const { changes$, ...limits } = allowancesOf(options.limits);
  stats.held = () => limits.down?.awaited === true;
  const context = contextOf(torrent, env, options, { swarm, state, shelf, limits });
  const wants = (file: number): boolean => parts.selection.wants(file);
  const parts: Parts = {
    ...state,
    ...settle,
    ...{ torrent, storage, files, swarm, selection, shelf, resume, context, fetches },
    changes$: together(changes$, steering(torrent, options, { ...state, ...swarm, wants })),
    ...endsOf(swarm, options, seed !== undefined ? NEVER : all$),
    writable: notedFirst(storage, resume.claim()),
    verify: env.verify(torrent),
    wrongBlocks: context.leaves ? findWrongBlocks(context.leaves) : identity,
    webSeeds: besideWebSeeds(torrent, env, context, options.webSeeds, options.budget?.webHosts),
    ...{ banning: { book: swarm.book, expelled: loops.expelled }, seeds: seed !== undefined },
  };
  return parts;
};

/** Ends the download before it is complete, or when it is. */
const endsOf = (swarm: TorrentSwarm, options: PartsOptions, all$: Observable<unknown>): Ends => {
  const stopped$ = stoppedOf(swarm, options);
  const enough$ = givenEnough(options.seed, swarm.stats, swarm.loops.stirred);
  return { stopped$, over$: anyOf(stopped$, enough$ === NEVER ? NEVER : enough$.pipe(tap(swarm.report)), all$) };
};

type Ends = Pick<Parts, 'stopped$' | 'over$'>;

/** @throws InputError `bad-option` if nothing is selected */
export const refuseNone = ({ files }: Torrent, selection: FileSelection): void => {
  if (selection.files === 0)
    throw new InputError('bad-option', `none of the files is selected: there are ${files.length}, from 0`);
};

const selected = (torrent: Torrent, { geometry, picker }: DownloadState, select: Selection): FileSelection => {
  const selection = new FileSelection(torrent, geometry, select);
  refuseNone(torrent, selection);
  for (const index of selection.excluded) picker.exclude(index);
  return selection;
};

const contextOf = (
  torrent: Torrent,
  env: Env,
  options: PartsOptions,
  {
    swarm,
    state,
    shelf,
    limits,
  }: Pick<SessionContext, 'swarm' | 'limits'> & Pick<Parts, 'shelf'> & { readonly state: DownloadState },
): SessionContext => {
  const { pex, listens, port, seed, converse = [], extensions = [] } = options;
  const { loops, stats, report, dht$ } = swarm;
  const random = (): number => env.random();
  return {
    ...{ swarm, shelf, limits },
    transfer: state,
    info: torrent.info,
    hashes: rootsOf(torrent) && leavesOnDisk(torrent, shelf),
    leaves: rootsOf(torrent) && new LeafDraft(torrent),
    own: [...converse, ...extensions.map(({ name, talk }) => extension(name, talk))],
    ownNames: extensions.map(({ name }) => name),
    lull: new Lull<Peer>(() => stats.crowd.members),
    secluded: torrent.private || pex === false,
    punches: env.holepunch === true,
    choker: serving(torrent, state.picker, options, swarm, random),
    choking: report,
    window: windowOf(state, swarm),
    asks: (peer, asked) => stats.asks(peer, asked),
    superSeed: seed?.super === true ? new SuperSeed<Peer>(state.geometry.pieceCount, random) : undefined,
    found: loops.found,
    // A magnet link has a DHT node until the torrent turns out to be private (BEP 27).
    dht$: torrent.private ? undefined : dht$,
    ...(listens && { port }),
  };
};

/** The number of requests in flight with each peer, as it changes: one subscription for all peers. */
const windowOf = ({ wake$ }: DownloadState, { pausing }: TorrentSwarm): Observable<WindowRule> => {
  // Most torrents of a thousand never have a peer.
  let changes$: Observable<WindowRule> | undefined;
  return defer(() => {
    changes$ ??= wake$.pipe(
      map(() => pausing.rule),
      distinctUntilChanged(),
      share(),
    );
    return changes$.pipe(startWith(pausing.rule));
  });
};

/** The peers that we serve, unless the download is paused. */
const serving = (
  { pieceLength }: Torrent,
  picker: PiecePicker,
  options: PartsOptions,
  { pausing }: TorrentSwarm,
  random: () => number,
): Choker<Peer> => {
  const [slots, strategy] = [constantOf(options.slots), constantOf(options.choker)];
  const choker = new Choker<Peer>({ random, slots, strategy, pieceLength, seeding: () => picker.complete });
  pausing.serves(choker, slots);
  return choker;
};

/** Follows the options that are streams. */
const steering = (
  torrent: Torrent,
  { order, priorities, endgame, window, choker, slots, pause$ }: PartsOptions,
  { picker, geometry, freed, pausing, loops, wants }: DownloadState & TorrentSwarm & WantedFiles,
): Observable<never> => {
  picker.endgame = constantOf(endgame) ?? 'on';
  pausing.window = constantOf(window);
  return together(
    changesOf('order', order, (value) => (picker.order = value)),
    prioritising(torrent, priorities, { picker, geometry, settled: loops.settled, wants }),
    changesOf('endgame', endgame, (value) => (picker.endgame = value)),
    changesOf('window', window, (value) => {
      pausing.window = value;
      freed.next();
    }),
    changesOf('choker', choker, (value) => pausing.serve(value)),
    changesOf('slots', slots, (value) => (pausing.slots = value)),
    changesOf('paused', pause$, (resting) => {
      pausing.rest(resting);
      freed.next();
      loops.stirred.next();
    }),
  );
};
