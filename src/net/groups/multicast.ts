import type { Socket } from 'node:dgram';
import { networkInterfaces, type NetworkInterfaceInfo } from 'node:os';

/** Milliseconds between two looks at the interfaces: cables, radio networks and tunnels come and go. */
export const LOOK_EVERY = 10_000;
/** Interfaces on which a group is joined and sent to, in each family: Linux allows a socket 20 memberships. */
export const MAX_INTERFACES = 16;

export type LookAround = () => NodeJS.Dict<NetworkInterfaceInfo[]>;

/**
 * The name by which a group is joined or sent to on an interface: an address of the interface or, for IPv6, its scope.
 * One name for each interface that leads out of this machine. If no interface does, the internal ones are named, so
 * that programs on one machine find each other.
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
 * One socket's membership of a multicast group, on each interface. Left to itself, the system would take the interface
 * of the default route, which is not where the neighbours are on a machine with a VPN. Depends on: the interfaces of
 * this machine when {@link refresh} was last called; these are sent to.
 */
export class Membership {
  readonly #socket: Pick<Socket, 'addMembership' | 'setMulticastInterface'>;
  readonly #family: 4 | 6;
  readonly #group: string;
  readonly #look: LookAround;
  readonly #only: boolean;
  #joined: readonly string[] = [];

  constructor(
    socket: Pick<Socket, 'addMembership' | 'setMulticastInterface'>,
    family: 4 | 6,
    group: string,
    look: LookAround = networkInterfaces,
    only = false,
  ) {
    this.#only = only;
    this.#socket = socket;
    this.#family = family;
    this.#group = group;
    this.#look = look;
  }

  /**
   * Joins the group on new interfaces, and forgets those that are gone: the system has left the group there by itself.
   * True if there is a new interface.
   */
  refresh(): boolean {
    const before = this.#joined;
    this.#joined = interfacesOf(this.#family, this.#look);
    const fresh = this.#joined.filter((name) => !before.includes(name));
    for (const name of fresh) attempt(() => this.#socket.addMembership(this.#group, name));
    return fresh.length > 0;
  }

  /**
   * Calls `send` once for each interface, and the socket then sends on that one only. Without any, the system chooses,
   * unless only these interfaces may be used.
   */
  onEach(send: () => void): void {
    if (this.#joined.length === 0) return this.#only ? undefined : send();
    for (const name of this.#joined) if (attempt(() => this.#socket.setMulticastInterface(name))) send();
  }
}

/**
 * Runs `act`, whose failure is no error: an interface may be gone, not do multicast, or be joined under another name.
 */
const attempt = (act: () => void): boolean => {
  try {
    act();
    return true;
  } catch {
    return false;
  }
};
