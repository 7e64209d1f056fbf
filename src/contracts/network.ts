import type { Observable } from 'rxjs';

/** The source of an address; it stays with the address everywhere. A `web-seed` is a web server, and no peer. */
export type PeerSource = 'tracker' | 'dht' | 'pex' | 'lsd' | 'incoming' | 'manual' | 'web-seed';

/** A place where a peer may listen. `host` is an IPv4 or IPv6 literal or, only if the user gave it, a name. */
export interface PeerAddress {
  readonly host: string;
  /** 1 to 65535. */
  readonly port: number;
  readonly source: PeerSource;
  /** The peer connected to us: this is the wire, and nothing is to be dialled. */
  readonly wire$?: Observable<Wire>;
  /** It was named for the info-hash of version 2, by which it is dialled first (BEP 52). */
  readonly v2?: boolean;
  /** Somebody has said that the peer speaks uTP (BEP 29). */
  readonly utp?: boolean;
  /**
   * The peer calls us at this moment, since both of us are behind routers that let only those in who were called
   * (BEP 55): it is dialled at once and by uTP.
   */
  readonly punch?: boolean;
}

/**
 * The way by which bytes travel: over TCP or uTP, as they are or encrypted with RC4. `punched` is uTP between two sides
 * that called each other at the same moment, since neither could be dialled.
 */
export type Road = PlainRoad | `${PlainRoad}+rc4`;
/** The same, as they are. */
export type PlainRoad = 'tcp' | 'utp' | 'punched' | 'proxy';

/** An open connection. Subscribing to the Observable that emits it dials; unsubscribing hangs up. */
export interface Wire {
  readonly address: PeerAddress;
  /** Chunks are lent: valid until `next` returns. Completes when the peer hangs up; errors with a `NetworkError`. */
  readonly bytes$: Observable<Uint8Array>;
  /** Takes `bytes` over. False when the send buffer is full: wait for `drained$`. */
  write(bytes: Uint8Array): boolean;
  /** Memory of `size` bytes, of any content, for the next write. Memory that is never written is not used again. */
  readonly room?: ((size: number) => Uint8Array) | undefined;
  readonly drained$: Observable<void>;
  /** The way that the bytes take now, if it is known. It is decided when the first bytes have come. */
  readonly road?: (() => Road) | undefined;
}

/**
 * Emits one wire and completes when it closes. Errors with a `NetworkError` (`refused`, `unreachable`, `unknown-host`,
 * `timeout`, `reset`, `no-room`), which `handshake` makes a `PeerError`.
 *
 * With the info-hash of the torrent that the peer is dialled for the connection may be encrypted: both sides prove that
 * they know it.
 */
export type Connect = (address: PeerAddress, infoHash?: Uint8Array) => Observable<Wire>;

export interface ListenOptions {
  /** The first free port is bound; 0 means any free port. */
  readonly ports: readonly number[];
  /** An address of this machine; all of its addresses if absent. */
  readonly host?: string;
  /**
   * The info-hash of the torrent that an encrypted call is for: the call names it by a hash, `HASH('req2', infoHash)`
   * of MSE. No encrypted calls are taken if absent.
   */
  readonly torrentOf?: (mark: Uint8Array) => Uint8Array | undefined;
}

/**
 * A port where peers can connect to us. Unsubscribing from the Observable that emits it closes the port; open
 * connections stay.
 */
export interface Listening {
  readonly port: number;
  /**
   * Hot: each incoming peer, with `wire$`. A peer whose `wire$` is not subscribed to before `next` returns is hung up
   * on.
   */
  readonly calls$: Observable<PeerAddress>;
}

export interface HttpRequest {
  readonly url: string;
  /** Bytes of body accepted, after decompression. */
  readonly maxBytes: number;
  /** Milliseconds for the whole exchange. */
  readonly timeout: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** What the path must begin with if the host turns out to be this machine. */
  readonly loopbackPath?: string;
  /** The URL comes from a stranger: a host that claims to be far away must not turn out to be near. */
  readonly stranger?: boolean;
  /** Says of each address, of redirects too, whether it may be asked. All may be if absent. */
  readonly permits?: (address: string) => boolean;
  /** The body of a POST; the request is a GET if absent. */
  readonly post?: string;
  /** The only family to use: `unreachable` where the host has no address of it. Either family if absent. */
  readonly family?: 4 | 6;
  /**
   * The addresses of the host of `url`, if the caller has just looked them up; looked up if absent. They are judged
   * like addresses that are looked up.
   */
  readonly addresses?: readonly string[];
  /**
   * Is the connection kept for the next request to the same host? If absent, the request has a connection of its own,
   * which closes with the answer.
   */
  readonly keep?: boolean;
  /**
   * A redirect to a magnet link is an answer: then `url` is the link, and `body` is empty. Otherwise such a redirect is
   * an error, like one to any other scheme.
   */
  readonly links?: boolean;
  /** A host near us must not be asked with a query: what looks like a file might be a command. */
  readonly plainNear?: boolean;
}

export interface HttpReply {
  readonly status: number;
  readonly body: Uint8Array;
  /** The URL after redirects. */
  readonly url: string;
}

/** A request whose answer is read as it comes. */
export interface HttpStreamRequest
  extends Pick<HttpRequest, 'url' | 'headers' | 'loopbackPath' | 'stranger' | 'plainNear' | 'permits' | 'keep'> {
  /** Milliseconds until the answer begins. */
  readonly timeout: number;
  /** Nothing is read from the network while the last value is true, so that the server has to wait. */
  readonly held$?: Observable<boolean>;
}

/** An answer that is being read. Unsubscribing from the Observable that emits it gives the answer up. */
export interface HttpStream {
  readonly status: number;
  /** The URL after redirects. */
  readonly url: string;
  /** `content-length`, `content-range`, `content-encoding` and `retry-after`, as far as the server sent them. */
  readonly headers: Readonly<Record<string, string>>;
  /**
   * The body, after gzip or brotli. Subscribe once, and at once. Chunks are lent: valid until `next` returns. Completes
   * with the body; errors with a `NetworkError`, such as `reset` if the server hangs up before.
   */
  readonly bytes$: Observable<Uint8Array>;
}

/** The source or destination of a datagram: an address literal and a port. */
export interface UdpEndpoint {
  readonly host: string;
  readonly port: number;
}

export interface Datagram {
  /** Lent: valid until `next` returns. */
  readonly bytes: Uint8Array;
  readonly from: UdpEndpoint;
}

/** The system's report of a datagram that was not delivered: there is no route, or no program listens there. */
export interface Undelivered {
  readonly to: UdpEndpoint;
  /** In words for the user. */
  readonly why: string;
  /** True if nothing can be sent to anybody: the address that the socket is bound to is gone. */
  readonly all?: boolean;
}

/** A bound UDP socket. Unsubscribing from the Observable that emits it closes the socket. */
export interface UdpSocket {
  readonly port: number;
  /** Hot. An error of a single send never ends it. */
  readonly datagrams$: Observable<Datagram>;
  /**
   * Hot. Any host on the way can forge a report that a datagram was refused: the report ends a wait, and proves nothing
   * about the destination.
   */
  readonly undelivered$: Observable<Undelivered>;
  /**
   * Of a multicast group. Hot: emits when the group is joined on a new interface, where we have not announced
   * ourselves.
   */
  readonly moved$?: Observable<void>;
  /** Takes `bytes` over. Like the network, it may lose them silently. */
  send(bytes: Uint8Array, to: UdpEndpoint): void;
}

export interface UdpOptions {
  /** The port wanted; any free port if it is absent or taken. */
  readonly port?: number;
  readonly family: 4 | 6;
  /** An address of this machine; all of its addresses of the family if absent. */
  readonly host?: string;
  /**
   * A group to join on each interface, so that the socket hears what others send to it; `port` is then shared with
   * other programs. What is sent to the group is sent on each interface.
   */
  readonly multicast?: string;
  /** The only address that the socket talks to: then the system also reports when no program listens there. */
  readonly to?: UdpEndpoint;
}
