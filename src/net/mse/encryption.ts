import type { PeerAddress } from '../../contracts/network.ts';
import type { RandomBytes } from '../../protocol/mse/mseMachine.ts';

/**
 * Whether connections with peers are encrypted (MSE):
 *
 * | value | we call | a peer calls us |
 * | --- | --- | --- |
 * | `prefer` | encrypted; plain, on a second dial, if that is refused | as they like |
 * | `allow` | plain; encrypted, on a second dial, if that is refused | as they like |
 * | `require` | encrypted with RC4 only | encrypted with RC4 only |
 * | `off` | plain only | plain only |
 *
 * With `prefer` a peer on this machine is called as with `allow`: nobody is on the way to it. A peer that hangs up on a
 * plain handshake is called again at once, encrypted.
 *
 * Where both sides allow it, what follows an encrypted handshake is plain.
 */
export type Encryption = 'prefer' | 'allow' | 'require' | 'off';
export const ENCRYPTIONS: readonly Encryption[] = ['prefer', 'allow', 'require', 'off'];

/** What happens on the way to an encrypted connection, for a log. */
export interface EncryptionNote {
  readonly address: PeerAddress;
  /** `>` for what we send, `<` for what we receive, `·` for what follows from it. */
  readonly direction: '>' | '<' | '·';
  /** In words for the user. */
  readonly what: string;
}

/** The addresses of interfaces by their names, as `os.networkInterfaces()` gives them, and more. */
export type Interfaces = Readonly<Record<string, readonly { readonly address: string }[] | undefined>>;

/** What encrypted connections need. */
export interface EncryptionOptions {
  readonly encryption: Encryption;
  readonly randomBytes: RandomBytes;
  /** Is told what happens. */
  readonly note?: ((note: EncryptionNote) => void) | undefined;
  /** The interfaces of this machine, whose addresses are on it as 127.0.0.1 is. Default: none. */
  readonly look?: (() => Interfaces) | undefined;
}

/** Milliseconds for each phase of an encrypted handshake, however slowly the bytes come. */
export const PHASE_WITHIN = 5_000;
