import { now } from '../../contracts/clock.ts';
import type {
  Done,
  FunnelSample,
  PeerJoined,
  PeerLeft,
  PieceOutcome,
  Progress,
  TrackerStatus,
  Warning,
} from '../../contracts/events.ts';
import type { PeerAddress, PeerSource } from '../../contracts/network.ts';
import type { Peer } from '../../contracts/peer.ts';
import type { Storage } from '../../contracts/storage.ts';
import { plainAddress } from '../../contracts/plain.ts';
import { InvariantError, PeerError } from '../../contracts/errors.ts';
import { peerCounts, stageOf, unknownYet } from './figures.ts';
import { Stillness } from './stillness.ts';
import type { AddressBook } from '../../torrent/peers/addressBook.ts';
import { BLOCK } from '../../torrent/geometry.ts';
import { ConnectedPeers } from '../../torrent/peers/connectedPeers.ts';
import type { FileSelection } from '../../torrent/picker/fileSelection.ts';
import { Funnel, type Stage } from '../../torrent/stats/funnel.ts';
import type { PiecePicker } from '../../torrent/picker/piecePicker.ts';
import { Rate } from '../../torrent/rates/rate.ts';
import { Phase } from '../../torrent/stats/phase.ts';
import { STALL, stallReason } from '../../torrent/stats/stallReason.ts';

/** Bytes left that trackers are told, as long as the length is unknown. */
export const UNKNOWN_LEFT = 16_384;
const NO_TIERS: readonly never[] = [];
const DISK_FULL = 'the disk is full: waiting for room';
const METADATA_STANDSTILL = 'none of the connected peers has sent the metadata yet';

/** The request counts of one peer, read on demand. */
export interface Asked {
  readonly inFlight: number;
}

/**
 * The counters of one download, read on demand. Depends on the picker, the address book, the peers and the funnel,
 * which count for themselves; adds what none of them knows: the rates, and for how long the download has stalled.
 */
export class DownloadStats {
  readonly phase: Phase;
  #drafts: { readonly gathered: number };
  #corrupt = 0;
  /** Does our own rate limit hold the download back? */
  held = (): boolean => false;
  readonly crowd = new ConnectedPeers<PeerAddress, Peer>();
  #known: PiecePicker | undefined;
  #selection: FileSelection | undefined;
  readonly #since = new WeakMap<Peer, number>();
  readonly #seen = new WeakMap<Peer, { readonly stage: Stage | undefined; readonly yourIp: string | undefined }>();
  #asked: WeakMap<Peer, Asked> | undefined;
  readonly #book: AddressBook<PeerAddress>;
  readonly #funnel: Funnel<PeerSource>;
  readonly #rate = new Rate();
  readonly #upRate = new Rate();
  readonly #stillness = new Stillness();
  /** The trackers by their tiers, once they are asked. */
  tiers: readonly { readonly statuses: readonly TrackerStatus[] }[] = NO_TIERS;
  /** Payload bytes of earlier runs. */
  before = { downloaded: 0, uploaded: 0 };
  /** Pieces that were stored when this run began. */
  began = 0;
  #last = 0;
  #movedAt = now();
  #told = 0;

  /** `picker` is undefined while the info dictionary is unknown. */
  constructor(
    picker: PiecePicker | undefined,
    book: AddressBook<PeerAddress>,
    drafts: { readonly gathered: number },
    funnel: Funnel<PeerSource> = new Funnel(),
    first: 'metadata' | 'checking' = picker === undefined ? 'metadata' : 'checking',
  ) {
    this.#known = picker;
    this.phase = new Phase(first);
    this.#book = book;
    this.#drafts = drafts;
    this.#funnel = funnel;
  }

  /** Undefined while the info dictionary is unknown. */
  get picker(): PiecePicker | undefined {
    return this.#known;
  }

  /** The info dictionary is known now. */
  begin(picker: PiecePicker, drafts: { readonly gathered: number }, selection: FileSelection): void {
    this.#known = picker;
    this.#drafts = drafts;
    this.#selection = selection;
    this.phase.known();
  }

  get #picker(): PiecePicker {
    if (this.#known === undefined) throw new InvariantError('it is not known yet of what pieces the torrent is');
    return this.#known;
  }

  joined(peer: Peer): PeerJoined {
    this.crowd.joined(peer.address, peer);
    this.#since.set(peer, now());
    this.#funnel.reached(peer.address, 'handshaken');
    const { address, road } = peer;
    if (road !== undefined && road !== 'tcp') this.#funnel.wentBy(address, road);
    return { type: 'peer-joined', address: plainAddress(address), ...(road !== undefined && { road }) };
  }

  /** Blocks are requested from this peer from now on; `asked` tells how many are in flight. */
  asks(peer: Peer, asked: Asked): void {
    (this.#asked ??= new WeakMap()).set(peer, asked);
  }

  /** Blocks requested from a peer that it has not sent yet. */
  inFlight(peer: Peer): number {
    return this.#asked?.get(peer)?.inFlight ?? 0;
  }

  /** Milliseconds since a peer joined. */
  age(peer: Peer): number {
    const time = now();
    return time - (this.#since.get(peer) ?? time);
  }

  left(address: PeerAddress, error: unknown): PeerLeft {
    const peer = this.crowd.left(address);
    if (peer !== undefined) this.#look(peer);
    const left = { type: 'peer-left', address: plainAddress(address) } as const;
    return error instanceof PeerError
      ? { ...left, reason: error.code, message: error.message }
      : { ...left, reason: 'closed' };
  }

  settled(outcome: PieceOutcome): void {
    if (outcome.type === 'corrupt') this.#corrupt += (outcome.wrong?.length ?? 0) * BLOCK || outcome.length;
  }

  /** A full disk pauses the download. */
  warned(warning: Warning): Warning {
    if (warning.code === 'full') this.phase.full();
    else this.phase.room();
    return warning;
  }

  /** Everybody is told that all is there. */
  done(goesOn: boolean, { place, paths }: Pick<Storage, 'place' | 'paths'>): Done {
    this.phase.told(goesOn, this.#picker.complete);
    const { downloaded, uploaded } = this.crowd;
    const wanted = paths.filter((path, file) => path !== '' && this.#wanted.wants(file));
    const { bytes: length } = this.#wanted.total;
    return { type: 'done', length, path: place, paths: wanted, downloaded, uploaded, wasted: this.#wasted };
  }

  /** Wanted bytes that are verified and stored. */
  get have(): number {
    return this.#wanted.in(this.#picker.stored).bytes;
  }

  get #wanted(): FileSelection {
    if (this.#selection === undefined) throw new InvariantError('it is not known yet of what files the torrent is');
    return this.#selection;
  }

  get #wasted(): number {
    return Math.max(0, this.crowd.downloaded - this.#drafts.gathered) + this.#corrupt;
  }

  /** The counters that trackers are told. */
  totals(): { readonly uploaded: number; readonly downloaded: number; readonly left: number } {
    const left = this.#known === undefined ? UNKNOWN_LEFT : this.#wanted.total.bytes - this.have;
    return { uploaded: this.crowd.uploaded, downloaded: this.crowd.downloaded, left };
  }

  get complete(): boolean {
    return this.#picker.complete;
  }

  /** The torrent is complete, and was not when this run began. */
  get completed(): boolean {
    return this.#known?.stored.full === true && this.began < this.#known.stored.length;
  }

  /** All wanted pieces are stored, but not the whole torrent: a partial seed (BEP 21). */
  get partial(): boolean {
    return this.#known !== undefined && this.#known.complete && !this.#known.stored.full;
  }

  /** Payload bytes of all runs. */
  get lifetime(): { readonly downloaded: number; readonly uploaded: number } {
    return {
      downloaded: this.before.downloaded + this.crowd.downloaded,
      uploaded: this.before.uploaded + this.crowd.uploaded,
    };
  }

  /** Uploaded bytes of this run, and those of all runs as a multiple of the wanted bytes. */
  given(): { readonly uploaded: number; readonly ratio: number } {
    return { uploaded: this.crowd.uploaded, ratio: this.lifetime.uploaded / Math.max(1, this.#wanted.total.bytes) };
  }

  /** How far peers got; undefined if that has not changed since the last call. */
  funnel(): FunnelSample | undefined {
    for (const peer of this.crowd.members) this.#look(peer);
    if (this.#told === this.#funnel.version) return undefined;
    this.#told = this.#funnel.version;
    return { type: 'funnel', sources: this.#funnel.rows };
  }

  /** What is known of a peer only while it is connected; told when it changes, as there may be hundreds. */
  #look(peer: Peer): void {
    const { address, state } = peer;
    const stage = stageOf(state);
    const yourIp = state.extensions?.yourIp;
    const before = this.#seen.get(peer);
    if (before !== undefined && before.stage === stage && before.yourIp === yourIp) return;
    this.#seen.set(peer, { stage, yourIp });
    if (stage !== undefined) this.#funnel.reached(address, stage);
    if (yourIp !== undefined) this.#book.seenAs(yourIp);
  }

  progress(): Progress {
    const { crowd } = this;
    for (const peer of crowd.members) this.#look(peer);
    const time = now();
    if (this.#known === undefined) {
      const reason = this.#reason((time - this.#movedAt) / 1000);
      return unknownYet(crowd, this.#book, this.phase.shown, reason);
    }
    const { stored } = this.#picker;
    const { total } = this.#wanted;
    const have = this.#wanted.in(stored);
    const { downloaded, uploaded } = crowd;
    const downloading = this.phase.state === 'downloading';
    if (downloaded !== this.#last || !downloading) this.#movedAt = time;
    this.#last = downloaded;
    const rate = this.#rate.sample(downloaded, time);
    const reason = this.#reason((time - this.#movedAt) / 1000);
    const left = total.bytes - have.bytes;
    const held = downloading && this.held();
    return {
      type: 'progress',
      phase: this.phase.shown,
      stored: have.bytes,
      length: total.bytes,
      pieces: have.pieces,
      pieceCount: total.pieces,
      downloaded,
      uploaded,
      rate,
      upRate: this.#upRate.sample(uploaded, time),
      ratio: this.given().ratio,
      ...(rate > 0 && left > 0 && { eta: left / rate }),
      peers: this.#peers,
      wasted: this.#wasted,
      ...(reason !== undefined && { reason }),
      ...(held && { held }),
    };
  }

  /** The progress, if there is anything to emit: for a complete torrent only while something changes. */
  sample(): Progress | undefined {
    const progress = this.progress();
    return this.#stillness.tells(progress, now()) ? progress : undefined;
  }

  /**
   * The torrent is complete, no peer is connected or dialled, and nothing has changed for a while: no sample is needed
   * until something happens.
   */
  get asleep(): boolean {
    return this.#stillness.still && this.#book.active === 0;
  }

  get #peers(): Progress['peers'] {
    return peerCounts(this.#book, this.crowd);
  }

  #reason(seconds: number): string | undefined {
    const { state } = this.phase;
    if (state === 'paused') return DISK_FULL;
    if (this.phase.resting) return undefined;
    if (state === 'metadata' && seconds >= STALL && this.crowd.size > 0) return METADATA_STANDSTILL;
    if ((state !== 'downloading' && state !== 'metadata') || seconds < STALL) return undefined;
    if (this.held()) return 'held back by the limit of the download rate';
    const { crowd } = this;
    const useful = crowd.some(({ state: { interesting } }) => interesting);
    const { total: funnel } = this.#funnel;
    const { size: connected, unchoked } = crowd;
    return stallReason({ known: this.#book.known, connected, unchoked, useful, seconds, funnel });
  }
}
