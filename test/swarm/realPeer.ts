import { createServer, type AddressInfo, type Server } from 'node:net';
import type { PeerAddress } from '../../src/contracts/network.ts';
import type { Content } from './content.ts';
import { type Conduct, ScriptedPeer } from './scriptedPeer.ts';

export type { Conduct, Request, Talk } from './scriptedPeer.ts';

/** A peer on a real socket of 127.0.0.1 that behaves as it is told. */
export class RealPeer extends ScriptedPeer {
  readonly #server: Server;

  static async listen(content: Content, conduct: Conduct = {}): Promise<RealPeer> {
    const peer = new RealPeer(content, conduct);
    await new Promise<void>((resolve, reject) => {
      peer.#server.on('error', reject);
      peer.#server.listen(0, '127.0.0.1', resolve);
    });
    peer.port = (peer.#server.address() as AddressInfo).port;
    return peer;
  }

  private constructor(content: Content, conduct: Conduct) {
    super(content, conduct);
    this.#server = createServer({ noDelay: true, allowHalfOpen: false }, (socket) => this.meet(socket));
  }

  get address(): PeerAddress {
    return { host: '127.0.0.1', port: this.port, source: 'manual' };
  }

  override leave(): void {
    void this.close();
  }

  async close(): Promise<void> {
    super.leave();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
