import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Malformed } from '../../src/protocol/encoding/malformed.ts';
import { KEY_LENGTH, privateKey, publicKey, sharedSecret } from '../../src/protocol/mse/diffieHellman.ts';
import { callMark, ciphersOf, maskedMark, RC4, torrentMark } from '../../src/protocol/mse/mseKeys.ts';
import type { MseInitiator } from '../../src/protocol/mse/mseInitiator.ts';
import { joined } from '../../src/protocol/mse/handshakeBytes.ts';
import { INFO_HASH, initiator, responder, Side, talk } from '../protocol/mse/machines.ts';

const PRIME =
  'ffffffffffffffffc90fdaa22168c234c4c6628b80dc1cd129024e088a67cc74020bbea63b139b22514a08798e3404dd' +
  'ef9519b3cd3a431b302b0a6df25f14374fe1356d6d51c245e485b576625e7ec6f44c42e9a63a36210000000000090563';
const key = (value: bigint): Uint8Array =>
  new Uint8Array(Buffer.from(value.toString(16).padStart(2 * KEY_LENGTH, '0'), 'hex'));
const P = BigInt(`0x${PRIME}`);
const OWN = privateKey(new Uint8Array(20).fill(7));

/** Somebody who knows the protocol, and sends what it does not allow. */
const liar = (theirs: Uint8Array, infoHash = INFO_HASH) => {
  const secret = sharedSecret(OWN, theirs.subarray(0, KEY_LENGTH));
  const ciphers = ciphersOf(secret, infoHash);
  return {
    request: joined(callMark(secret), maskedMark(torrentMark(infoHash), secret)),
    calling: (bytes: readonly number[]) => {
      const said = Uint8Array.from(bytes);
      ciphers.calling.apply(said);
      return said;
    },
    called: (bytes: readonly number[]) => {
      const said = Uint8Array.from(bytes);
      ciphers.called.apply(said);
      return said;
    },
  };
};

describe('a public key', () => {
  it.each([
    ['0', 0n],
    ['1', 1n],
    ['the prime less 1', P - 1n],
    ['the prime', P],
    ['the prime and 1', P + 1n],
    ['more than the prime', 2n ** 768n - 1n],
  ])('that leads to a known secret is refused by both sides: %s', (_, value) => {
    expect(() => initiator().receive(key(value))).toThrow(Malformed);
    expect(() => responder().receive(key(value))).toThrow(Malformed);
  });

  it('of no length is no key', () => {
    expect(() => sharedSecret(OWN, new Uint8Array())).toThrow(Malformed);
    expect(responder().receive(new Uint8Array())).toEqual({});
    expect(initiator().receive(new Uint8Array())).toEqual({});
  });
});

describe('padding without end', () => {
  it('is cut off after 512 bytes, whichever side sends it', () => {
    const called = responder();
    called.receive(publicKey(OWN));
    expect(called.receive(new Uint8Array(531))).toEqual({});
    expect(() => called.receive(new Uint8Array(1))).toThrow(Malformed);

    const calling = initiator();
    calling.receive(publicKey(OWN));
    calling.offer(new Uint8Array());
    expect(calling.receive(new Uint8Array(519))).toEqual({});
    expect(() => calling.receive(new Uint8Array(1))).toThrow(Malformed);
  });

  it('before our offer can ask for no memory', () => {
    const calling = initiator();
    expect(() => calling.receive(joined(publicKey(OWN), new Uint8Array(513)))).toThrow(Malformed);
  });

  it('whose length is said to be more than 512 is refused', () => {
    const called = responder();
    const { send = new Uint8Array() } = called.receive(publicKey(OWN));
    const { request, calling } = liar(send);
    called.receive(request);
    expect(() => called.receive(calling([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3, 2, 1]))).toThrow(Malformed);

    const { machine, said } = answered([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 1]);
    expect(() => machine.receive(said)).toThrow(Malformed);
  });
});

/** A caller that has made its offer, and what somebody answers it. */
const answered = (answer: readonly number[]): { readonly machine: MseInitiator; readonly said: Uint8Array } => {
  const machine = initiator();
  machine.receive(publicKey(OWN));
  machine.offer(new Uint8Array());
  return { machine, said: liar(machine.greeting).called(answer) };
};

describe('a side that', () => {
  it('does not know the torrent is found out by the other', () => {
    const other = Uint8Array.from(INFO_HASH, (byte) => byte ^ 1);
    expect(() => talk(new Side(initiator()), new Side(responder({ infoHash: other })))).toThrow(Malformed);
  });

  it('sends other zeros than it should is refused', () => {
    const called = responder();
    const { send = new Uint8Array() } = called.receive(publicKey(OWN));
    const { request, calling } = liar(send);
    called.receive(request);
    expect(() => called.receive(calling([0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 3, 0, 0]))).toThrow(Malformed);
  });

  it.each([
    ['none', 0],
    ['both', 3],
    ['one that is unknown', 4],
  ])('chooses %s of the ways is refused', (_, select) => {
    const { machine, said } = answered([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, select, 0, 0]);
    expect(() => machine.receive(said)).toThrow(Malformed);
  });

  it('chooses a way that was not offered is refused', () => {
    const machine = initiator({ provide: RC4 });
    machine.receive(publicKey(OWN));
    machine.offer(new Uint8Array());
    const said = liar(machine.greeting).called([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0]);
    expect(() => machine.receive(said)).toThrow(Malformed);
    const called = responder({ allow: RC4 });
    const { send = new Uint8Array() } = called.receive(publicKey(OWN));
    const { request, calling } = liar(send);
    called.receive(request);
    expect(() => called.receive(calling([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0]))).toThrow(Malformed);
  });

  it('sends anything at all is refused, or waited for; nothing else happens', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 400 }), { maxLength: 8 }), fc.boolean(), (chunks, calls) => {
        const machine = calls ? initiator() : responder();
        try {
          for (const chunk of chunks) {
            expect(machine.receive(chunk.slice()).clean).toBeUndefined();
            if (machine.phase === 'offer') (machine as MseInitiator).offer(new Uint8Array());
          }
        } catch (error) {
          expect(error).toBeInstanceOf(Malformed);
        }
      }),
      { numRuns: 100 },
    );
  });
});
