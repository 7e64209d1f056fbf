import { MseInitiator } from '../../../src/protocol/mse/mseInitiator.ts';
import { PLAINTEXT, RC4, torrentMark } from '../../../src/protocol/mse/mseKeys.ts';
import type { MseMachine } from '../../../src/protocol/mse/mseMachine.ts';
import { MseResponder } from '../../../src/protocol/mse/mseResponder.ts';
import { toHex } from '../../../src/protocol/encoding/id.ts';
import { seeded } from '../../hostile/mutations.ts';

export const BOTH = PLAINTEXT | RC4;
export const INFO_HASH = Uint8Array.from({ length: 20 }, (_, n) => n + 1);

/** Bytes that follow from a seed. */
export const randomBytesOf = (seed: number): ((length: number) => Uint8Array) => {
  const random = seeded(seed);
  return (length) => Uint8Array.from({ length }, () => Math.floor(random() * 256));
};

/** Bytes that are told beforehand, call by call. */
export const toldBytes = (...told: readonly Uint8Array[]): ((length: number) => Uint8Array) => {
  const left = [...told];
  return (length) => {
    const next = left.shift();
    if (next?.length !== length) throw new RangeError(`${length} bytes are wanted, told are ${next?.length}`);
    return next;
  };
};

export const indexOf = (...infoHashes: readonly Uint8Array[]) => {
  const index = new Map(infoHashes.map((infoHash) => [toHex(torrentMark(infoHash)), infoHash]));
  return (mark: Uint8Array): Uint8Array | undefined => index.get(toHex(mark));
};

export const initiator = ({ provide = BOTH, seed = 1, infoHash = INFO_HASH } = {}): MseInitiator =>
  new MseInitiator({ infoHash, provide, randomBytes: randomBytesOf(seed) });

export const responder = ({ allow = BOTH, seed = 2, infoHash = INFO_HASH } = {}): MseResponder =>
  new MseResponder({ allow, infoHashOf: indexOf(infoHash), randomBytes: randomBytesOf(seed) });

export const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
export const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

/** One side of a conversation: what it has to send, and what it has heard in the clear. */
export class Side {
  readonly machine: MseMachine;
  readonly #initial: Uint8Array;
  heard = '';
  #out: Uint8Array[] = [];

  constructor(machine: MseMachine, initial = '') {
    this.machine = machine;
    this.#initial = bytesOf(initial);
    if (machine instanceof MseInitiator) this.#out.push(machine.greeting);
  }

  /** The chunk is spoilt as soon as it was heard. */
  hear(chunk: Uint8Array): void {
    const lent = chunk.slice();
    const { send, clean } = this.machine.receive(lent);
    if (send !== undefined) this.#out.push(send);
    if (clean !== undefined) this.heard += textOf(clean);
    if (this.machine instanceof MseInitiator && this.machine.phase === 'offer')
      this.#out.push(this.machine.offer(this.#initial));
    lent.fill(0xdd);
  }

  /** Says something after the handshake. */
  say(text: string): void {
    const bytes = bytesOf(text);
    this.machine.outgoing?.apply(bytes);
    this.#out.push(bytes);
  }

  taken(): Uint8Array {
    const taken = new Uint8Array(Buffer.concat(this.#out));
    this.#out = [];
    return taken;
  }
}

/** Lets both sides talk until they have nothing more to send; `cut` divides what is sent into chunks. */
export const talk = (
  one: Side,
  other: Side,
  cut: (bytes: Uint8Array) => readonly Uint8Array[] = (bytes) => [bytes],
): void => {
  for (let [from, to, silent] = [one, other, 0]; silent < 2; [from, to] = [to, from]) {
    const sent = from.taken();
    silent = sent.length === 0 ? silent + 1 : 0;
    if (sent.length > 0) for (const chunk of cut(sent)) to.hear(chunk);
  }
};
