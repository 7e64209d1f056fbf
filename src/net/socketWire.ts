import type { OnReadOpts, Socket } from 'node:net';
import { Subject, type Subscriber } from 'rxjs';
import type { PeerAddress, Road, Wire } from '../contracts/network.ts';
import { NetworkError, type NetworkCode } from '../contracts/errors.ts';
import { addressText } from '../protocol/encoding/address.ts';
import { errorWords } from './errorWords.ts';
import { networkCode } from './networkCode.ts';
import { WriteBuffers } from './writeBuffers.ts';

/**
 * Bytes of one read, at first and after a wire has brought that many. Large, because a block that straddles two chunks
 * is copied twice. Not from the start, because other wires wait meanwhile, and a peer that sends wrong bytes should be
 * caught early.
 */
const FIRST_READS = 2 ** 16;
const READ_SIZE = 2 ** 20;
const QUICK = 16 * 2 ** 20;
/**
 * Bytes read in a row before other work has its turn: writes that have ended, other wires. Node itself would go on for
 * 32 reads while there is more.
 */
const TURN = 2 ** 21;
/**
 * One buffer for all sockets, since a chunk is lent only until `next` returns. Not a `Buffer`, because making parts of
 * a `Buffer` takes several calls.
 */
const chunk = new Uint8Array(READ_SIZE);
const start = chunk.subarray(0, FIRST_READS);
const buffers = new WriteBuffers();

/** A socket and its wire. */
export interface SocketWire {
  readonly socket: Socket;
  readonly wire: Wire;
  readonly fail: (code: NetworkCode, why: string, cause?: unknown) => void;
}

/** How the bytes of one socket are read: into the buffer that all sockets share. */
const readingInto = (bytes$: Subject<Uint8Array>, resume: () => void): OnReadOpts => {
  let brought = 0;
  let buffer = start;
  /** Bytes read since other work had its turn. */
  let row = 0;
  const callback = (length: number): boolean => {
    brought += length;
    // A read that does not fill the buffer took everything there was: Node does not read on.
    row = length < buffer.length ? 0 : row + length;
    bytes$.next(chunk.subarray(0, length));
    if (row < TURN) return true;
    row = 0;
    setImmediate(resume);
    return false;
  };
  return { buffer: () => (buffer = brought < QUICK ? start : chunk), callback };
};

const overTcp = (): Road => 'tcp';

/** How bytes are written to one socket, from memory that is used again once they are written. */
const writingTo = (socket: Socket): Pick<Wire, 'write'> & { readonly room: NonNullable<Wire['room']> } => ({
  write: (bytes) => {
    if (!buffers.owns(bytes)) return !socket.destroyed && socket.write(bytes);
    const written = (error?: unknown): void => buffers.give(bytes, error);
    if (!socket.destroyed) return socket.write(bytes, written);
    written();
    return false;
  },
  room: (size) => buffers.take(size),
});

/**
 * Makes a wire of a socket that `open` opens, whichever side dialled. `subscriber` hears of its end and its errors; the
 * caller emits the wire when it is open. When `subscriber` is done the socket is destroyed. `codeOf` says of what kind
 * an error of the socket is.
 */
export const socketWire = (
  address: PeerAddress,
  subscriber: Subscriber<Wire>,
  open: (onread: OnReadOpts) => Socket,
  codeOf: (error: unknown) => NetworkCode = networkCode,
): SocketWire => {
  const bytes$ = new Subject<Uint8Array>();
  const drained$ = new Subject<void>();
  const socket: Socket = open(readingInto(bytes$, () => void socket.resume()));
  const writing = writingTo(socket);
  const end = (): void => {
    socket.destroy();
    bytes$.complete();
    subscriber.complete();
  };
  const fail: SocketWire['fail'] = (code, why, cause) => {
    socket.destroy();
    const error = new NetworkError(code, addressText(address), why, { cause });
    bytes$.error(error);
    subscriber.error(error);
  };
  socket.on('drain', () => drained$.next());
  socket.once('end', end);
  socket.once('close', end);
  socket.on('error', (error: NodeJS.ErrnoException) => fail(codeOf(error), errorWords(error), error));
  subscriber.add(() => {
    socket.destroy();
    bytes$.complete();
    drained$.complete();
  });
  return {
    socket,
    fail,
    wire: { address, bytes$: bytes$.asObservable(), drained$: drained$.asObservable(), ...writing, road: overTcp },
  };
};
