import type { Socket } from 'node:dgram';
import { networkInterfaces, type NetworkInterfaceInfo } from 'node:os';

/** Milliseconds between two looks at which interfaces there are: cables, radio networks and tunnels come and go. */
export const LOOK_EVERY = 10_000;
/** Interfaces on which a group is heard and spoken to, in each family: Linux allows 20 memberships of one socket. */
export const MAX_INTERFACES = 16;

export type LookAround = () => NodeJS.Dict<NetworkInterfaceInfo[]>;

/**
 * What an interface is called where a group is joined or spoken to: by an address of its own, or in IPv6 by its scope.
 * One name for each interface that leads out of this machine; if none does, those within it, so that programs on one
 * machine find each other.
 */
export const interfacesOf = (family: 4 | 6, look: LookAround, platform = process.platform): readonly string[] => {
  const all = Object.entries(look()).flatMap(([name, addresses = []]) => {
    const [first] = addresses.filter((each) => each.family === `IPv${family}`);
    if (first === undefined) return [];
    const scope = platform === 'win32' && first.family === 'IPv6' ? first.scopeid : name;
    return [{ name: family === 4 ? first.address : `::%${scope}`, isInternal: first.internal }];
  });
  const outward = all.filter(({ isInternal }) => !isInternal);
  return (outward.length > 0 ? outward : all).slice(0, MAX_INTERFACES).map(({ name }) => name);
};

/**
 * One socket's membership of a multicast group, on each interface: left to itself the system takes the one of the
 * default route, which is not where the neighbours are on a machine with a VPN. Depends on: the interfaces of this
 * machine when {@link refresh} was last called; these are spoken to.
 */
export class Membership {
  readonly #socket: Pick<Socket, 'addMembership' | 'setMulticastInterface'>;
  readonly #family: 4 | 6;
  readonly #group: string;
  readonly #look: LookAround;
  #joined: readonly string[] = [];

  constructor(
    socket: Pick<Socket, 'addMembership' | 'setMulticastInterface'>,
    family: 4 | 6,
    group: string,
    look: LookAround = networkInterfaces,
  ) {
    this.#socket = socket;
    this.#family = family;
    this.#group = group;
    this.#look = look;
  }

  /**
   * Joins on interfaces that have come, and forgets those that have gone, which the system has left by itself. True if
   * there is a new one.
   */
  refresh(): boolean {
    const before = this.#joined;
    this.#joined = interfacesOf(this.#family, this.#look);
    const fresh = this.#joined.filter((name) => !before.includes(name));
    for (const name of fresh) attempt(() => this.#socket.addMembership(this.#group, name));
    return fresh.length > 0;
  }

  /** Calls `send` once for each interface, on which alone it speaks then; without any, as the system likes. */
  onEach(send: () => void): void {
    if (this.#joined.length === 0) return send();
    for (const name of this.#joined) if (attempt(() => this.#socket.setMulticastInterface(name))) send();
  }
}

/** An interface may be gone by now, or be none for multicast, or have been joined by another name: that is no error. */
const attempt = (act: () => void): boolean => {
  try {
    act();
    return true;
  } catch {
    return false;
  }
};
