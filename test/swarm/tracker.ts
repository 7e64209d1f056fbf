import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { encode } from '../../src/protocol/encoding/bencode.ts';
import { encodePeers, type Endpoint } from '../../src/protocol/encoding/compact.ts';

/** A tracker on 127.0.0.1 that names the peers it is told to, and remembers what it hears. */
export class TinyTracker {
  readonly events: string[] = [];
  /** The last value of `left`, in bytes. */
  left = NaN;
  peers: readonly Endpoint[];
  /** Events that are never answered. */
  hangsOn: readonly string[] = [];
  url = '';
  readonly #server: Server;

  static async listen(peers: readonly Endpoint[] = []): Promise<TinyTracker> {
    const tracker = new TinyTracker(peers);
    await new Promise<void>((resolve) => void tracker.#server.listen(0, '127.0.0.1', resolve));
    tracker.url = `http://127.0.0.1:${(tracker.#server.address() as AddressInfo).port}/announce`;
    return tracker;
  }

  private constructor(peers: readonly Endpoint[]) {
    this.peers = peers;
    this.#server = createServer({ keepAliveTimeout: 1 }, (request, response) =>
      this.#answer(new URL(request.url ?? '', 'http://127.0.0.1'), response),
    );
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }

  #answer({ searchParams }: URL, response: ServerResponse): void {
    const event = searchParams.get('event') ?? '';
    this.events.push(event);
    this.left = Number(searchParams.get('left'));
    if (this.hangsOn.includes(event)) return;
    response.end(encode({ interval: 1800, peers: encodePeers(this.peers, 4) }));
  }
}
