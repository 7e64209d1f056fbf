import type { ClientRequest, IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';

const [LF, CR] = [10, 13];

/** Reads the lines of a head as they pass: does one of them end without a carriage return? */
class HeadLines {
  hasBareFeed = false;
  #before = 0;
  #isEmpty = true;
  #over = false;

  see(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length && !this.#over; at++) {
      const byte = bytes[at] ?? 0;
      if (byte === LF) {
        if (this.#before !== CR) this.hasBareFeed = true;
        this.#over = this.#isEmpty;
        this.#isEmpty = true;
      } else if (byte !== CR) this.#isEmpty = false;
      this.#before = byte;
    }
  }
}

/**
 * Ensures that the connection of a request is not used again if only a lenient parser could read the reply: its lines
 * end in a bare line feed, or it has chunks, whose framing is not checked here, and which may come beside an invalid
 * length.
 *
 * We read such replies, as other clients do. But another reader, above all a proxy between us and the server, may see
 * the end of the reply elsewhere: the rest would be taken for the answer to our next request. On a connection of its
 * own a reply can do no harm beyond itself.
 */
export const leaveIrregular = (client: ClientRequest): void => {
  const head = new HeadLines();
  const see = (bytes: Uint8Array): void => head.see(bytes);
  // Added before Node's own listener, which emits the response in the middle of the bytes.
  client.once('socket', (socket: Socket) => void socket.prependListener('data', see));
  client.prependOnceListener('response', (response: IncomingMessage) => {
    response.socket.off('data', see);
    if (head.hasBareFeed || response.headers['transfer-encoding'] !== undefined) client.shouldKeepAlive = false;
  });
};
