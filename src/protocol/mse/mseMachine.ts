import type { Rc4 } from './rc4.ts';

/**
 * What an encrypted handshake waits for. Of the caller: the other side's `key`; our own `offer`; the `answer`,
 * and its `padding`. Of the side that is called: the other side's `key`, its `request` for a torrent, its `offer`, the
 * `padding` of that, and its `initial` bytes. Then it is `done`.
 */
export type MsePhase = 'key' | 'request' | 'offer' | 'answer' | 'padding' | 'initial' | 'done';

/** What follows from a chunk. */
export interface Heard {
  /** To be sent now. */
  readonly send?: Uint8Array;
  /** Bytes for the user of the connection, decrypted; lent as the chunk was. */
  readonly clean?: Uint8Array;
}

/** One side of an encrypted handshake: bytes in, bytes out, without a socket and without time. */
export interface MseMachine {
  readonly phase: MsePhase;
  /** @throws Malformed */
  receive(chunk: Uint8Array): Heard;
  /** The cipher of what comes and of what is sent after the handshake; undefined if that is plain. */
  readonly incoming: Rc4 | undefined;
  readonly outgoing: Rc4 | undefined;
}

/** Where unpredictable bytes come from. */
export type RandomBytes = (length: number) => Uint8Array;
