import type { PeerAddress } from '../../contracts/network.ts';

/** A peer was not called, or not listened to. */
export interface BlockNote {
  /** `>` we would have called it, `<` it called us. */
  readonly direction: '>' | '<';
  readonly address: PeerAddress;
}
