declare module 'bittorrent-dht' {
  import type { EventEmitter } from 'node:events';

  interface Peer {
    readonly host: string;
    readonly port: number;
  }

  /** An item, or what it is made of. */
  interface Item {
    readonly v: Buffer | { readonly [key: string]: Buffer };
    readonly k?: Buffer;
    readonly seq?: number;
    readonly cas?: number;
    readonly salt?: Buffer;
    readonly sign?: (bytes: Buffer) => Buffer;
  }
  type Verify = (signature: Buffer, bytes: Buffer, key: Buffer) => boolean;

  export class Client extends EventEmitter {
    constructor(options: {
      readonly bootstrap: readonly string[] | false;
      readonly host?: string;
      readonly verify?: Verify;
    });
    listen(port: number, address: string, done: () => void): void;
    address(): { readonly port: number };
    addNode(node: Peer): void;
    announce(infoHash: Buffer, port: number, done: (error?: Error) => void): void;
    lookup(infoHash: Buffer, done: (error?: Error) => void): void;
    put(item: Item, done: (error: Error | null, hash: Buffer, nodes: number) => void): void;
    get(
      target: Buffer,
      how: { readonly salt?: Buffer; readonly cache?: boolean },
      done: (error: Error | null, item: Item | null) => void,
    ): void;
    toJSON(): { readonly nodes: readonly Peer[] };
    destroy(done: () => void): void;
  }
}
