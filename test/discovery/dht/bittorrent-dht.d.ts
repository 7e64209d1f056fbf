declare module 'bittorrent-dht' {
  import type { EventEmitter } from 'node:events';

  interface Peer {
    readonly host: string;
    readonly port: number;
  }

  export class Client extends EventEmitter {
    constructor(options: { readonly bootstrap: readonly string[] | false; readonly host?: string });
    listen(port: number, address: string, done: () => void): void;
    address(): { readonly port: number };
    addNode(node: Peer): void;
    announce(infoHash: Buffer, port: number, done: (error?: Error) => void): void;
    lookup(infoHash: Buffer, done: (error?: Error) => void): void;
    toJSON(): { readonly nodes: readonly Peer[] };
    destroy(done: () => void): void;
  }
}
