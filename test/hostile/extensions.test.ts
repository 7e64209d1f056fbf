import { isIP } from 'node:net';
import { describe, expect, it } from 'vitest';
import { encode } from '../../src/protocol/encoding/bencode.ts';
import {
  decodeExtensionHandshake,
  encodeExtensionHandshake,
  type ExtensionHandshake,
  MAX_EXTENSIONS,
  MAX_HANDSHAKE_BYTES,
  MAX_HANDSHAKE_TOKENS,
  MAX_NAME,
  MAX_VERSION,
} from '../../src/protocol/peer/extensions.ts';
import { decodeLsd, encodeLsd, MAX_COOKIE, MAX_LSD_HASHES } from '../../src/protocol/lan/lsd.ts';
import { Malformed } from '../../src/protocol/encoding/malformed.ts';
import { decodePex, encodePex, MAX_PEX_BYTES, MAX_PEX_PEERS } from '../../src/protocol/peer/utPex.ts';
import { PeerState } from '../../src/torrent/peers/peerState.ts';
import { bytes } from '../protocol/reference.ts';
import { mutated, seeded } from './mutations.ts';

const full: ExtensionHandshake = {
  ids: new Map([
    ['ut_metadata', 2],
    ['ut_pex', 1],
  ]),
  version: 'libtorrent/2.0',
  port: 6881,
  reqq: 500,
  yourIp: '10.0.0.1',
  ipv6: '2001:db8::1',
  metadataSize: 31_235,
  uploadOnly: true,
};

const heldTo = ({
  ids,
  version = '',
  port = 1,
  reqq = 1,
  metadataSize = 1,
  yourIp = '::',
  ipv4 = '0.0.0.0',
  ipv6 = '::',
}: ExtensionHandshake): void => {
  expect(ids.size).toBeLessThanOrEqual(MAX_EXTENSIONS);
  for (const [name, id] of ids) expect(name.length <= MAX_NAME && id >= 0 && id <= 255).toBe(true);
  expect([...version].length).toBeLessThanOrEqual(MAX_VERSION);
  for (const number of [port, reqq, metadataSize])
    expect(Number.isInteger(number) && number > 0 && number < 2 ** 31).toBe(true);
  expect(port).toBeLessThan(65_536);
  for (const host of [yourIp, ipv4, ipv6]) expect(isIP(host)).toBeGreaterThan(0);
};

/** Decodes that many mutations: each is refused as `Malformed`, or holds every promise. Returns how many were taken. */
const mutations = <T>(
  originals: readonly Uint8Array[],
  decode: (input: Uint8Array) => T,
  promises: (value: T) => void,
): number => {
  const random = seeded(32);
  let taken = 0;
  for (let round = 0; round < 20_000; round++) {
    const input = mutated(originals[round % originals.length] as Uint8Array, random);
    try {
      promises(decode(input));
      taken++;
    } catch (error) {
      expect(error, Buffer.from(input).toString('latin1')).toBeInstanceOf(Malformed);
    }
  }
  return taken;
};

describe('R32: extension handshakes that mean nothing', () => {
  it.each(['', 'x', 'i1e', 'le', '4:spam', 'd', 'd1:m', 'd1:mde', 'd-3:ee', 'd1:md1:ai1e1:ai2eee', 'l'.repeat(5000)])(
    '%j',
    (text) => {
      expect(() => decodeExtensionHandshake(bytes(text))).toThrow(Malformed);
    },
  );

  it('mutated, are refused or held to every promise', () => {
    expect(mutations([encodeExtensionHandshake(full)], decodeExtensionHandshake, heldTo)).toBeGreaterThan(1000);
  });

  it('too large, or of too many parts', () => {
    expect(() => decodeExtensionHandshake(encode({ v: 'x'.repeat(MAX_HANDSHAKE_BYTES) }))).toThrow(
      `at most ${MAX_HANDSHAKE_BYTES} bytes`,
    );
    expect(() => decodeExtensionHandshake(encode({ x: new Array<number>(MAX_HANDSHAKE_TOKENS).fill(1) }))).toThrow(
      `at most ${MAX_HANDSHAKE_TOKENS} values`,
    );
  });

  it('of a thousand extensions and a long name leave a few and a short one', () => {
    const m = Object.fromEntries(Array.from({ length: 900 }, (_, n) => [`e${n}`, n % 256]));
    heldTo(decodeExtensionHandshake(encode({ m, v: '\u001b]0;x\u0007'.repeat(500) })));
    expect(decodeExtensionHandshake(encode({ v: '\u001b[2J' })).version).toBe(String.raw`\x1b[2J`);
  });

  it('sent again and again do not grow: what is kept of a peer stays small', () => {
    const state = new PeerState(1, { extended: true });
    for (let n = 0; n < 20_000; n++) {
      const ids = new Map(Array.from({ length: 10 }, (_, k) => [`e${n * 10 + k}`, 1 + (k % 255)]));
      state.received({ type: 'extended', id: 0, payload: encodeExtensionHandshake({ ids, reqq: 1 + n }) });
    }
    expect(state.extensions?.ids.size).toBe(MAX_EXTENSIONS);
    expect(state.reqq).toBe(20_000);
  });

  it('are not looked at when they were not agreed on', () => {
    const state = new PeerState(1);
    state.received({ type: 'extended', id: 0, payload: new Uint8Array(9).fill(0xff) });
    expect(state.extensions).toBeUndefined();
  });
});

describe('R31: messages of peers that mean nothing', () => {
  const message = encodePex({
    added: [
      { host: '10.0.0.1', port: 1, flags: 1 },
      { host: '2001:db8::1', port: 2, flags: 2 },
    ],
    dropped: [{ host: '10.0.0.2', port: 3 }],
  });

  it('mutated, are refused or tell of a few places where peers can be', () => {
    const taken = mutations([message], decodePex, ({ added, dropped }) => {
      for (const peers of [added, dropped]) {
        expect(peers.length).toBeLessThanOrEqual(MAX_PEX_PEERS);
        for (const { host, port } of peers) expect(isIP(host) > 0 && port > 0 && port < 65_536).toBe(true);
      }
      for (const { flags } of added) expect(flags >= 0 && flags < 256).toBe(true);
    });
    expect(taken).toBeGreaterThan(1000);
  });

  it('of ten thousand peers tell of fifty, longer ones of nobody', () => {
    const six = new Uint8Array(6 * 10_000).fill(7);
    expect(decodePex(encode({ added: six })).added).toHaveLength(MAX_PEX_PEERS);
    expect(() => decodePex(encode({ added: new Uint8Array(MAX_PEX_BYTES) }))).toThrow(`at most ${MAX_PEX_BYTES} bytes`);
    expect(() => decodePex(bytes(`d5:addedl${'0:'.repeat(1000)}ee`))).toThrow(Malformed);
  });
});

describe('local discovery that means nothing', () => {
  it('is refused or held to every promise', () => {
    const datagrams = [4, 6].map((family) =>
      encodeLsd({ port: 6881, infoHashes: [new Uint8Array(20).fill(0xab)], cookie: 'them' }, family as 4 | 6),
    );
    const taken = mutations(datagrams, decodeLsd, ({ port, infoHashes, cookie = '' }) => {
      expect(
        port > 0 &&
          port < 65_536 &&
          infoHashes.length > 0 &&
          infoHashes.length <= MAX_LSD_HASHES &&
          cookie.length <= MAX_COOKIE,
      ).toBe(true);
      for (const hash of infoHashes) expect(hash).toHaveLength(20);
    });
    expect(taken).toBeGreaterThan(1000);
  });
});
