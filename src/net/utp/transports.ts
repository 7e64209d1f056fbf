import type { UtpNote } from './utpNote.ts';

/** By which transports peers are reached, and reach us. */
export interface Transports {
  /** Default true. */
  readonly tcp?: boolean | undefined;
  /** BEP 29. Default true. */
  readonly utp?: boolean | undefined;
  /** Is told what happens with uTP connections. */
  readonly utpNote?: ((note: UtpNote) => void) | undefined;
}
