import { now } from '../contracts/clock.ts';
import type { Done, FunnelSample, PeerJoined, PeerLeft, PieceOutcome, Progress, Warning } from '../contracts/events.ts';
import type { PeerAddress, PeerSource } from '../contracts/network.ts';
import type { Peer } from '../contracts/peer.ts';
import type { Storage } from '../contracts/storage.ts';
import { InvariantError, PeerError } from '../contracts/errors.ts';
import { Stillness } from './stillness.ts';
import type { AddressBook } from '../torrent/peers/addressBook.ts';
import { ConnectedPeers } from '../torrent/peers/connectedPeers.ts';
import type { FileSelection } from '../torrent/picker/fileSelection.ts';
import { Funnel } from '../torrent/stats/funnel.ts';
import type { Useless } from '../torrent/peers/hostRoom.ts';
import type { PiecePicker } from '../torrent/picker/piecePicker.ts';
import { Rate } from '../torrent/rates/rate.ts';
import { isScarce } from '../torrent/picker/scarce.ts';
import { STALL, stallReason } from '../torrent/stats/stallReason.ts';

/** Bytes that trackers are told are missing, as long as nobody knows how many are. */
export const UNKNOWN_LEFT = 16_384;
/** Peers known, of which none is connected, that are not all kept waiting. */
const FEW = 4;
/** Milliseconds in which a peer says what it has, or gives what a magnet link stands for. */
const GREETING = 2_000;
const METADATA_STANDSTILL = 'none of the connected peers has told yet what the magnet link stands for';

/**
 * The counters of one download, read when somebody looks. Depends on the picker, the book, the crowd and the funnel,
 * which count for themselves; adds what none of them knows: the phase, the rate, and for how long nothing has moved.
 */
export class DownloadStats {
  phase: Progress['phase'] = 'checking';
  #drafts: { readonly gathered: number };
  #corrupt = 0;
  /** Does our own rate limit hold the download back? */
  held = (): boolean => false;
  readonly crowd = new ConnectedPeers<PeerAddress, Peer>();
  #known: PiecePicker | undefined;
  #selection: FileSelection | undefined;
  readonly #since = new WeakMap<Peer, number>();
  readonly #book: AddressBook<PeerAddress>;
  readonly #funnel: Funnel<PeerSource>;
  readonly #rate = new Rate();
  readonly #upRate = new Rate();
  readonly #stillness = new Stillness();
  /** Payload bytes of earlier runs. */
  before = { downloaded: 0, uploaded: 0 };
  #last = 0;
  #movedAt = now();
  #told = 0;

  /** `picker` is undefined while it is not known of what pieces the torrent is. */
  constructor(
    picker: PiecePicker | undefined,
    book: AddressBook<PeerAddress>,
    drafts: { readonly gathered: number },
    funnel: Funnel<PeerSource> = new Funnel(),
  ) {
    this.#known = picker;
    if (picker === undefined) this.phase = 'metadata';
    this.#book = book;
    this.#drafts = drafts;
    this.#funnel = funnel;
  }

  /** Now it is known. */
  begin(picker: PiecePicker, drafts: { readonly gathered: number }, selection: FileSelection): void {
    this.#known = picker;
    this.#drafts = drafts;
    this.#selection = selection;
    this.phase = 'checking';
  }

  get #picker(): PiecePicker {
    if (this.#known === undefined) throw new InvariantError('it is not known yet of what pieces the torrent is');
    return this.#known;
  }

  joined(peer: Peer): PeerJoined {
    this.crowd.joined(peer.address, peer);
    this.#since.set(peer, now());
    this.#funnel.reached(peer.address, 'handshaken');
    return { type: 'peer-joined', address: peer.address };
  }

  /** Milliseconds since a peer has joined. */
  age(peer: Peer): number {
    const time = now();
    return time - (this.#since.get(peer) ?? time);
  }

  /** Which of those that are connected have nothing that we lack, as long as we lack something. */
  readonly useless: Useless<PeerAddress> = () => {
    const picker = this.#known;
    if (picker?.complete === true) return undefined;
    return (address) => {
      const peer = this.crowd.member(address);
      if (peer === undefined || this.age(peer) < GREETING) return false;
      return picker === undefined || !picker.wants(peer.state.have);
    };
  };

  /**
   * Can nobody take the place of this peer, which is about to leave? It is all there is, or had a piece that we lack
   * and nobody else has.
   */
  atStake(address: PeerAddress): boolean {
    const picker = this.#known;
    if (picker?.complete === true || this.phase === 'seeding') return false;
    const { active, waiting, known } = this.#book;
    if (active === 0 && waiting === 0 && known <= FEW) return true;
    const have = this.crowd.member(address)?.state.have;
    return picker !== undefined && have !== undefined && isScarce(have, picker);
  }

  left(address: PeerAddress, error: unknown): PeerLeft {
    const peer = this.crowd.left(address);
    if (peer !== undefined) this.#look(peer);
    if (!(error instanceof PeerError)) return { type: 'peer-left', address, reason: 'closed' };
    return { type: 'peer-left', address, reason: error.code, message: error.message };
  }

  settled({ type, length }: PieceOutcome): void {
    if (type === 'corrupt') this.#corrupt += length;
  }

  /** A full disk is a pause. */
  warned(warning: Warning): Warning {
    if (warning.code === 'full') this.phase = 'paused';
    else if (this.phase === 'paused') this.phase = 'downloading';
    return warning;
  }

  done(phase: 'done' | 'seeding', { place, paths }: Pick<Storage, 'place' | 'paths'>): Done {
    this.phase = phase;
    const { downloaded, uploaded } = this.crowd;
    const wanted = paths.filter((path, file) => path !== '' && this.#wanted.wants(file));
    return {
      type: 'done',
      length: this.#wanted.total.bytes,
      path: place,
      paths: wanted,
      downloaded,
      uploaded,
      wasted: this.#wasted,
    };
  }

  /** Bytes of what is wanted that are verified and stored. */
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

  /** What trackers are told. */
  totals(): { readonly uploaded: number; readonly downloaded: number; readonly left: number } {
    const left = this.#known === undefined ? UNKNOWN_LEFT : this.#wanted.total.bytes - this.have;
    return { uploaded: this.crowd.uploaded, downloaded: this.crowd.downloaded, left };
  }

  get complete(): boolean {
    return this.#picker.complete;
  }

  /** All that is wanted is there, but that is not all of the torrent (BEP 21). */
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

  /** What has been given, in bytes of this run and of all, as a multiple of what is wanted. */
  given(): { readonly uploaded: number; readonly ratio: number } {
    return { uploaded: this.crowd.uploaded, ratio: this.lifetime.uploaded / Math.max(1, this.#wanted.total.bytes) };
  }

  /** How far peers got; undefined if that has not changed since it was told. */
  funnel(): FunnelSample | undefined {
    for (const peer of this.crowd.members) this.#look(peer);
    if (this.#told === this.#funnel.version) return undefined;
    this.#told = this.#funnel.version;
    return { type: 'funnel', sources: this.#funnel.rows };
  }

  /** What can be seen of a peer only as long as it is there. */
  #look({ address, state }: Peer): void {
    if (state.downloaded > 0) this.#funnel.reached(address, 'sending');
    else if (!state.choked) this.#funnel.reached(address, 'unchoked');
    else if (state.interesting) this.#funnel.reached(address, 'interested');
    if (state.extensions?.yourIp !== undefined) this.#book.seenAs(state.extensions.yourIp);
  }

  progress(): Progress {
    const { crowd } = this;
    for (const peer of crowd.members) this.#look(peer);
    const time = now();
    if (this.#known === undefined) return this.#sketch((time - this.#movedAt) / 1000);
    const { stored, complete } = this.#picker;
    const { total } = this.#wanted;
    const have = this.#wanted.in(stored);
    const { downloaded, uploaded } = crowd;
    if (downloaded !== this.#last || this.phase !== 'downloading') this.#movedAt = time;
    this.#last = downloaded;
    const rate = this.#rate.sample(downloaded, time);
    const reason =
      this.phase === 'paused' ? 'the disk is full: waiting for room' : this.#reason((time - this.#movedAt) / 1000);
    const left = total.bytes - have.bytes;
    const held = this.phase === 'downloading' && this.held();
    return {
      type: 'progress',
      phase:
        complete && this.phase === 'downloading'
          ? 'done'
          : !complete && this.phase === 'seeding'
            ? 'downloading'
            : this.phase,
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

  /** The progress, if there is anything to tell: of what is complete only as long as something changes. */
  sample(): Progress | undefined {
    const progress = this.progress();
    return this.#stillness.tells(progress, now()) ? progress : undefined;
  }

  /**
   * All is there, nobody is here or dialled, and nothing has changed for a while: there is nothing to look at until
   * something stirs.
   */
  get asleep(): boolean {
    return this.#stillness.still && this.#book.active === 0;
  }

  get #peers(): Progress['peers'] {
    const { known, active, banned } = this.#book;
    return {
      known,
      connecting: active - this.crowd.size,
      connected: this.crowd.size,
      unchoked: this.crowd.unchoked,
      banned,
    };
  }

  /** While only the info-hash is known. */
  #sketch(seconds: number): Progress {
    const { uploaded, downloaded } = this.crowd;
    const reason = this.#reason(seconds);
    const nothing = { stored: 0, length: 0, pieces: 0, pieceCount: 0, rate: 0, upRate: 0, ratio: 0, wasted: 0 };
    return {
      type: 'progress',
      phase: 'metadata',
      ...nothing,
      downloaded,
      uploaded,
      peers: this.#peers,
      ...(reason !== undefined && { reason }),
    };
  }

  #reason(seconds: number): string | undefined {
    if (this.phase === 'metadata' && seconds >= STALL && this.crowd.size > 0) return METADATA_STANDSTILL;
    if ((this.phase !== 'downloading' && this.phase !== 'metadata') || seconds < STALL) return undefined;
    if (this.held()) return 'held back by the limit of the download rate';
    const { crowd } = this;
    const useful = crowd.some(({ state }) => state.interesting);
    return stallReason({
      known: this.#book.known,
      connected: crowd.size,
      unchoked: crowd.unchoked,
      useful,
      seconds,
      funnel: this.#funnel.total,
    });
  }
}
