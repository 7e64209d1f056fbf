import type { UdpEndpoint } from '../../contracts/network.ts';
import type { UtpMemory } from '../../protocol/utp/utpMemory.ts';

/** What happens with a uTP connection, for a log. */
export interface UtpNote {
  readonly address: UdpEndpoint;
  /** `>` for what we do, `<` for what the other side does, `·` for what follows from it. */
  readonly direction: '>' | '<' | '·';
  /** In words for the user. */
  readonly what: string;
}

/** What uTP needs of the world besides a socket. */
export interface UtpWorld {
  readonly randomBytes: (length: number) => Uint8Array;
  /** Does `task` when the datagrams that are there have been heard: one answer does for all of them. */
  readonly turn: (task: () => void) => void;
  /** What all connections hold together; one of their own if absent. */
  readonly memory?: UtpMemory | undefined;
  /** Is told what happens. */
  readonly note?: ((note: UtpNote) => void) | undefined;
}
