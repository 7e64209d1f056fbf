import { Malformed } from '../encoding/malformed.ts';

/** Bytes of a public key, and of the secret that both sides share. */
export const KEY_LENGTH = 96;
/** Random bytes of a private key. */
export const PRIVATE_LENGTH = 20;
/** The 768-bit prime of MSE; its generator is 2. */
const PRIME = BigInt(
  '0xffffffffffffffffc90fdaa22168c234c4c6628b80dc1cd129024e088a67cc74020bbea63b139b22514a08798e3404dd' +
    'ef9519b3cd3a431b302b0a6df25f14374fe1356d6d51c245e485b576625e7ec6f44c42e9a63a36210000000000090563',
);
const GENERATOR = 2n;

/** Bits of the exponent that are worked off at once. */
const WINDOW = 4;

/**
 * `base` to the power of `exponent`, modulo the prime. Node's own `DiffieHellman` is quicker once it is made; but it
 * checks the prime each time, during which nothing else happens for some fifteen milliseconds.
 */
const power = (base: bigint, exponent: bigint): bigint => {
  const powers = [1n];
  for (let n = 1; n < 1 << WINDOW; n++) powers.push(((powers[n - 1] as bigint) * base) % PRIME);
  let result = 1n;
  for (const digit of exponent.toString(1 << WINDOW)) {
    for (let n = 0; n < WINDOW; n++) result = (result * result) % PRIME;
    const times = Number.parseInt(digit, 1 << WINDOW);
    if (times > 0) result = (result * (powers[times] as bigint)) % PRIME;
  }
  return result;
};

const numberOf = (bytes: Uint8Array): bigint => {
  const hex = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex');
  return BigInt(`0x${hex || '0'}`);
};

const bytesOf = (value: bigint): Uint8Array =>
  new Uint8Array(Buffer.from(value.toString(16).padStart(2 * KEY_LENGTH, '0'), 'hex'));

/** Makes the private key of {@link PRIVATE_LENGTH} random bytes. */
export const privateKey = (random: Uint8Array): bigint => {
  if (random.length !== PRIVATE_LENGTH)
    throw new RangeError(`privateKey: expected ${PRIVATE_LENGTH} random bytes, got ${random.length}`);
  return numberOf(random);
};

/** Returns the public key, {@link KEY_LENGTH} bytes with the highest first. */
export const publicKey = (own: bigint): Uint8Array => bytesOf(power(GENERATOR, own));

/**
 * A secret that begins with a zero. Clients do not agree on how it is hashed (libtorrent 2.0.8 leaves the zero out):
 * so both our sides avoid it, one handshake in 256.
 */
export class UnluckySecret extends Malformed {}

/** Does a secret begin with a zero? See {@link UnluckySecret}. */
export const isUnlucky = (secret: Uint8Array): boolean => secret[0] === 0;

/**
 * Returns the secret that our private key shares with somebody else's public key. @throws Malformed for a public key
 * that leads to a secret which anybody knows: 0, 1, the prime less 1, and all that is not below the prime.
 */
export const sharedSecret = (own: bigint, theirs: Uint8Array): Uint8Array => {
  if (theirs.length !== KEY_LENGTH) throw new Malformed('public key', `${KEY_LENGTH} bytes`, theirs.length);
  const key = numberOf(theirs);
  if (key < 2n || key > PRIME - 2n)
    throw new Malformed('public key', 'a number between 1 and the prime less 1', 'none');
  return bytesOf(power(key, own));
};
