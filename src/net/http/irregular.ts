import type { ClientRequest, IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';

const [LF, CR] = [10, 13];

/** Watches the lines of a head go by: does one of them end without a carriage return? */
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
 * Sees to it that the connection of a request is not used again if the reply was one that only a lenient parser reads:
 * with lines that end in a bare line feed, or with chunks, whose framing is not looked at here, and which may come
 * beside a length that is none.
 *
 * We read such replies, as other clients do. But where one reader takes them to end the other may not, a proxy between
 * us least of all: what is left over would be taken for the answer to our next request. On a connection of its own a
 * reply can do no harm beyond itself.
 */
export const leaveIrregular = (client: ClientRequest): void => {
  const head = new HeadLines();
  const see = (bytes: Uint8Array): void => head.see(bytes);
  // Before Node's own listener, which has the response told in the middle of the bytes.
  client.once('socket', (socket: Socket) => void socket.prependListener('data', see));
  client.prependOnceListener('response', (response: IncomingMessage) => {
    response.socket.off('data', see);
    if (head.hasBareFeed || response.headers['transfer-encoding'] !== undefined) client.shouldKeepAlive = false;
  });
};
