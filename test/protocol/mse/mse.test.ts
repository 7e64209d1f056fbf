import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toHex } from '../../../src/protocol/encoding/id.ts';
import {
  KEY_LENGTH,
  privateKey,
  publicKey,
  sharedSecret,
  UnluckySecret,
} from '../../../src/protocol/mse/diffieHellman.ts';
import { MseInitiator } from '../../../src/protocol/mse/mseInitiator.ts';
import { PLAINTEXT, RC4, torrentMark } from '../../../src/protocol/mse/mseKeys.ts';
import { MseResponder } from '../../../src/protocol/mse/mseResponder.ts';
import { Rc4 } from '../../../src/protocol/mse/rc4.ts';
import { hex } from '../wireBytes.ts';
import { BOTH, bytesOf, indexOf, initiator, responder, Side, talk, textOf, toldBytes } from './machines.ts';

// Computed by a program that shares nothing with ours.
const INFO_HASH = hex('0123456789abcdef0123456789abcdef01234567');
const CALLING = Uint8Array.from({ length: 20 }, (_, n) => n + 1);
const CALLED = Uint8Array.from({ length: 20 }, (_, n) => n + 101);
const YA =
  '96e112dab29e8c5272accb9b17b26887ce54a144a4e3b697c7d159b7a817e556b0918db2b4c658e02a87f7e5fb14b18a' +
  '553e084cbf3dad2d30f16596ccb982d406258c61b30c5c1dae2ddc60bdbd48d79896312aad63238c39e1a633821eb693';
const YB =
  'd32ae8cedd0de9ca4fe67e35626bb8c7cdb0966727d899f6a62fdb2b68817f9ddc4b684e3eb34030b8dba4e028b7cff3' +
  '264020340cb4eab61923cdc4e4216ba873368d83f0a38e497f1f6b4e3d2012eb91a3ee6056f966f9eae732089b6fa46e';
const SECRET =
  'd05ed96a95215a89b44073afe5d0b1626289ac01cff7849392948b2470b346547e944d7562a897ae86976bc389999083' +
  'ec09572dbdc8ed7f6a0a86a1aa42a3ca04209b72d8239890360435640643b76479ed7836f1857963fcc7cb72084c3ab4';
/** The torrent, both ways, two bytes of padding, and *hello*. */
const OFFER =
  '78fffb0f23055a793ff7609f359e04e383ec3505a04924168a6f942b3543c6d8708df391c73d93d21f4e7faf3bea588c' +
  '90307d5c4714764a622a4ec38310c4';
/** One way, and three bytes of padding. */
const ANSWERS = { plain: 'ce37d371583c6bd4c59c6b9c51ea8b007d', rc4: 'ce37d371583c6bd4c59c6b9f51ea8b007d' };

describe('RC4 without its first 1,024 bytes', () => {
  it.each([
    ['40 bits', '0102030405', '30abbcc7c20b01609f23ee2d5f6bb7df73262dec31a8a8ff5f9f977001c90b72'],
    [
      '128 bits',
      '0102030405060708090a0b0c0d0e0f10',
      'bdf0324e6083dcc6d3cedd3ca8c53c167e5cb90bc6802a7a3df2ddec55017396',
    ],
  ])('gives the key stream of RFC 6229: %s', (_, key, stream) => {
    const bytes = new Uint8Array(32);
    new Rc4(hex(key)).apply(bytes);
    expect(toHex(bytes)).toBe(stream);
  });

  it('is the same in whichever parts it is applied', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 20 }), fc.uint8Array(), fc.nat(300), (key, bytes, at) => {
        const [whole, parts] = [bytes.slice(), bytes.slice()];
        new Rc4(key).apply(whole);
        const cipher = new Rc4(key);
        cipher.apply(parts.subarray(0, at));
        cipher.apply(parts.subarray(at));
        expect(parts).toEqual(whole);
        new Rc4(key).apply(parts);
        expect(parts).toEqual(bytes);
      }),
    );
  });

  it('has no empty key', () => {
    expect(() => new Rc4(new Uint8Array())).toThrow(RangeError);
  });
});

describe('keys', () => {
  it('are those of the group, and both sides have the same secret', () => {
    expect(toHex(publicKey(privateKey(CALLING)))).toBe(YA);
    expect(toHex(publicKey(privateKey(CALLED)))).toBe(YB);
    expect(toHex(sharedSecret(privateKey(CALLING), hex(YB)))).toBe(SECRET);
    expect(toHex(sharedSecret(privateKey(CALLED), hex(YA)))).toBe(SECRET);
  });

  it('are always of 96 bytes, and agree', () => {
    const own = fc.uint8Array({ minLength: 20, maxLength: 20 });
    fc.assert(
      fc.property(own, own, (one, other) => {
        const [a, b] = [privateKey(one), privateKey(other)];
        fc.pre(a > 1n && b > 1n);
        const secret = sharedSecret(a, publicKey(b));
        expect(secret).toHaveLength(KEY_LENGTH);
        expect(secret).toEqual(sharedSecret(b, publicKey(a)));
      }),
      { numRuns: 20 },
    );
    expect(publicKey(0n).at(-1)).toBe(1);
    expect(() => privateKey(new Uint8Array(19))).toThrow(RangeError);
  });
});

describe('a secret that begins with a zero', () => {
  /** With the key of the one who calls. */
  const UNLUCKY = Uint8Array.of(...CALLED.subarray(0, 18), 278 >> 8, 278 & 0xff);

  it('is avoided by the one who is called, with another key', () => {
    const randomBytes = toldBytes(UNLUCKY, CALLED, hex('0000'), hex(''));
    const it = new MseResponder({ allow: BOTH, infoHashOf: indexOf(), randomBytes });
    expect(sharedSecret(privateKey(UNLUCKY), hex(YA))[0]).toBe(0);
    expect(toHex(it.receive(hex(YA)).send ?? hex(''))).toBe(YB);
  });

  it('is no offer worth of the one who calls: another key has to be tried', () => {
    const randomBytes = toldBytes(CALLING, hex('0000'), hex(''));
    const it = new MseInitiator({ infoHash: INFO_HASH, provide: BOTH, randomBytes });
    expect(() => it.receive(publicKey(privateKey(UNLUCKY)))).toThrow(UnluckySecret);
  });
});

describe('the encrypted handshake', () => {
  it('of the one who calls is as others compute it', () => {
    const pads = [hex('0000'), hex(''), hex('0002'), hex('cccc')];
    const machine = (): MseInitiator =>
      new MseInitiator({ infoHash: INFO_HASH, provide: BOTH, randomBytes: toldBytes(CALLING, ...pads) });
    for (const [answer, outgoing, ping, pong] of [
      [ANSWERS.plain, false, '70696e67', '706f6e67'],
      [ANSWERS.rc4, true, '3424c81f', '884b6a2f'],
    ] as const) {
      const it = machine();
      expect(toHex(it.greeting)).toBe(YA);
      it.receive(hex(`${YB}9999`));
      expect(toHex(it.offer(bytesOf('hello')))).toBe(OFFER);
      const heard = it.receive(hex(answer + pong));
      expect([it.phase, textOf(heard.clean ?? hex(''))]).toEqual(['done', 'pong']);
      const said = bytesOf('ping');
      it.outgoing?.apply(said);
      expect([it.outgoing !== undefined, toHex(said)]).toEqual([outgoing, ping]);
    }
  });

  it('of the one who is called is as others compute it', () => {
    for (const [allow, answer, ping, pong] of [
      [BOTH, ANSWERS.plain, '70696e67', '706f6e67'],
      [RC4, ANSWERS.rc4, '3424c81f', '884b6a2f'],
    ] as const) {
      const randomBytes = toldBytes(CALLED, hex('0001'), hex('99'), hex('0003'), hex('dddddd'));
      const it = new MseResponder({ allow, infoHashOf: indexOf(INFO_HASH), randomBytes });
      expect(toHex(it.receive(hex(`${YA}aaaaaa`)).send ?? hex(''))).toBe(`${YB}99`);
      const { send, clean } = it.receive(hex(OFFER + ping));
      expect([toHex(send ?? hex('')), textOf(clean ?? hex(''))]).toEqual([answer, 'helloping']);
      const said = bytesOf('pong');
      it.outgoing?.apply(said);
      expect([it.phase, toHex(said)]).toEqual(['done', pong]);
    }
  });

  it('finds the torrent by its mark', () => {
    expect(toHex(torrentMark(INFO_HASH))).toBe('9b0e3139e33164f3e4682f23d7706103e892d63a');
  });

  it.each([
    ['both offer both', BOTH, BOTH, false],
    ['the one who calls offers RC4 only', RC4, BOTH, true],
    ['the one who is called takes RC4 only', BOTH, RC4, true],
    ['the one who calls offers plaintext only', PLAINTEXT, BOTH, false],
    ['the one who is called takes plaintext only', BOTH, PLAINTEXT, false],
  ])('chooses how they go on: %s', (_, provide, allow, encrypts) => {
    const [one, other] = [new Side(initiator({ provide }), 'first'), new Side(responder({ allow }))];
    talk(one, other);
    expect([one.machine.phase, other.machine.phase]).toEqual(['done', 'done']);
    const ciphers = [one, other].flatMap(({ machine }) => [machine.incoming, machine.outgoing]);
    expect(ciphers.map((cipher) => cipher !== undefined)).toEqual([encrypts, encrypts, encrypts, encrypts]);
    one.say(' and on');
    other.say('yes');
    talk(one, other);
    expect([one.heard, other.heard]).toEqual(['yes', 'first and on']);
  });

  it('is the same however the bytes are divided, with any padding and any first bytes', () => {
    const options = fc.record({
      seeds: fc.tuple(fc.nat(), fc.nat()),
      provide: fc.constantFrom(RC4, BOTH),
      initial: fc.string({ maxLength: 300, unit: 'grapheme-ascii' }),
      cuts: fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 30 }),
    });
    fc.assert(
      fc.property(options, ({ seeds, provide, initial, cuts }) => {
        const one = new Side(initiator({ provide, seed: seeds[0] }), initial);
        const other = new Side(responder({ seed: seeds[1] }));
        let turn = 0;
        const cut = (bytes: Uint8Array): Uint8Array[] => {
          const chunks: Uint8Array[] = [];
          for (let at = 0, size = 0; at < bytes.length; at += size) {
            size = cuts[turn++ % cuts.length] as number;
            chunks.push(bytes.subarray(at, at + size));
          }
          return chunks;
        };
        talk(one, other, cut);
        one.say('later');
        other.say('answer');
        talk(one, other, cut);
        expect([one.heard, other.heard]).toEqual(['answer', `${initial}later`]);
      }),
      { numRuns: 40 },
    );
  });

  it('says nothing of the torrent, and nothing twice', () => {
    const first = toHex(initiator({ seed: 5 }).greeting);
    expect(first).not.toBe(toHex(initiator({ seed: 6 }).greeting));
    const [one, other] = [new Side(initiator(), 'BitTorrent protocol'), new Side(responder())];
    const sent: Uint8Array[] = [];
    talk(one, other, (bytes) => {
      sent.push(bytes.slice());
      return [bytes];
    });
    expect(Buffer.concat(sent).includes('BitTorrent')).toBe(false);
  });

  it('is asked for a torrent once, and for no more first bytes than their length can say', () => {
    const machine = initiator();
    expect(() => machine.offer(new Uint8Array())).toThrow(RangeError);
    machine.receive(publicKey(privateKey(CALLED)));
    expect(() => machine.offer(new Uint8Array(65_536))).toThrow(RangeError);
    machine.offer(new Uint8Array(65_535));
    expect(() => machine.offer(new Uint8Array())).toThrow(RangeError);
  });
});
