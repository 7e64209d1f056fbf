import type { Env } from '../../contracts/env.ts';
import { encryptedConnect } from './encryptedConnect.ts';
import { encryptedListen } from './encryptedListen.ts';
import type { EncryptionOptions } from './encryption.ts';

type Roads = Pick<Env, 'connect' | 'listen'>;

/** The same ways to peers, encrypted or not as the options say: users of the wires read and write clean bytes. */
export const encrypted = ({ connect, listen }: Roads, options: EncryptionOptions): Roads =>
  options.encryption === 'off'
    ? { connect, listen }
    : { connect: encryptedConnect(connect, options), listen: encryptedListen(listen, options) };
