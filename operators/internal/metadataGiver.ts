import type { Subscriber } from 'rxjs';
import { now } from '../../src/contracts/clock.ts';
import { decodeMetadata, encodeMetadata, type MetadataMessage } from '../../src/protocol/peer/utMetadata.ts';
import type { MetadataDraft } from '../../src/torrent/metadata/metadataDraft.ts';
import type { MetadataSource } from '../../src/torrent/metadata/metadataPeer.ts';
import { FORGIVEN_EVERY, MAX_UNASKED } from '../../src/torrent/requests/habits.ts';
import { Offences } from '../../src/torrent/requests/offences.ts';
import type { Conversation } from './eachPeer.ts';
import type { ExtensionChannel } from './extensionChannel.ts';

/** What a giver of metadata needs to speak with its peer. */
export interface MetadataLine {
  /** Takes the whole info dictionary. */
  readonly subscriber: Subscriber<Uint8Array>;
  readonly send: ExtensionChannel['send'];
  readonly fail: Conversation<Uint8Array>['fail'];
}

/** A peer that an info dictionary is fetched from. The `draft` decides what it is asked for. */
export class MetadataGiver implements MetadataSource {
  readonly #draft: MetadataDraft;
  readonly #line: MetadataLine;
  readonly #unasked = new Offences(MAX_UNASKED, FORGIVEN_EVERY);
  #patientSince = now();

  constructor(draft: MetadataDraft, line: MetadataLine) {
    this.#draft = draft;
    this.#line = line;
  }

  ask(piece: number): void {
    this.#line.send(encodeMetadata({ type: 'request', piece }));
  }

  whole(metadata: Uint8Array): void {
    const { subscriber, fail } = this.#line;
    if (this.#draft.lied(this)) return fail('corrupt', 'has other metadata than this torrent');
    subscriber.next(metadata);
    subscriber.complete();
  }

  /** The peer speaks the extension, and may have said how large the info dictionary is. */
  introduced(size: number | undefined): void {
    if (size === undefined) this.#draft.unsized(this, now());
    else if (!this.#draft.claims(this, size, now())) this.#line.fail('oversized', `claims ${size} bytes of metadata`);
  }

  /** The peer has said something in the extension. */
  heard(payload: Uint8Array): void {
    const said = decodeMetadata(payload);
    if (said?.type === 'data') this.#given(said);
    else if (said?.type === 'reject') this.#draft.rejected(this, said.piece, now());
  }

  /** The peer has sent a piece, of the metadata or of the torrent, that it was not asked for. */
  unwanted(): void {
    if (this.#unasked.add(now())) this.#line.fail('unexpected', `sent ${MAX_UNASKED} pieces that were not asked for`);
  }

  /** Must be called every second. The peer is borne with for `patience` milliseconds after the last piece it gave. */
  tick(patience: () => number): void {
    const { fail } = this.#line;
    if (!this.#draft.tick(this, now())) return fail('silent', 'does not answer when it is asked for metadata');
    const since = now() - this.#patientSince;
    if (since >= patience()) fail('timeout', `has given no metadata for ${Math.round(since / 1000)} s`);
  }

  #given(message: Extract<MetadataMessage, { type: 'data' }>): void {
    const received = this.#draft.received(this, message, now());
    if (received === 'kept') this.#patientSince = now();
    else if (received === 'wrong') this.#line.fail('corrupt', 'sent metadata that is not of this torrent');
    else if (received === 'unasked') this.unwanted();
  }
}
