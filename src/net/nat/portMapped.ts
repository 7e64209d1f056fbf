import type { Transport } from '../../protocol/nat/natPmp.ts';

/** Our port can be reached from outside. */
export interface PortMapped {
  readonly by: 'PCP' | 'NAT-PMP' | 'UPnP';
  readonly port: number;
  readonly transports: readonly Transport[];
  /** The router's address outside, unless that is private, too. */
  readonly host?: string;
}
