import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encode, type Encodable } from '../../src/protocol/encoding/bencode.ts';
import { bloomCount, bloomOf } from '../../src/protocol/dht/bloom.ts';
import {
  decodeKrpc,
  ERROR,
  type Krpc,
  MAX_NODES,
  MAX_PACKET,
  MAX_TRANSACTION,
  MAX_VALUES,
} from '../../src/protocol/dht/krpc.ts';
import { ITEM_ERROR } from '../../src/protocol/dht/krpcItem.ts';
import { encodeKrpc, MAX_ANSWER } from '../../src/protocol/dht/encodeKrpc.ts';
import { Malformed } from '../../src/protocol/encoding/malformed.ts';
import { mutated, seeded } from './mutations.ts';

const id = new Uint8Array(20).fill(1);
const [id32, id64, id65] = [32, 64, 65].map((length) => new Uint8Array(length).fill(1)) as [
  Uint8Array,
  Uint8Array,
  Uint8Array,
];
const host = fc
  .tuple(fc.integer({ min: 1, max: 223 }), fc.nat(255), fc.nat(255), fc.nat(255))
  .map((parts) => parts.join('.'));
const host6 = fc.integer({ min: 1, max: 0xffff }).map((n) => `2001:db8::${n.toString(16)}`);
const endpoint = fc.record({ host: fc.oneof(host, host6), port: fc.integer({ min: 1, max: 65_535 }) });
const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const want = fc.constantFrom<readonly (4 | 6)[]>([], [4], [6], [4, 6]);
const question = fc.oneof(
  fc.constant({ method: 'ping' as const }),
  fc.record({ method: fc.constant('find_node' as const), target: bytes(20), want }),
  fc.record({ method: fc.constant('get_peers' as const), infoHash: bytes(20), want }),
  fc.record({
    method: fc.constant('announce_peer' as const),
    infoHash: bytes(20),
    port: fc.integer({ min: 1, max: 65_535 }),
    impliedPort: fc.boolean(),
    token: bytes(8),
  }),
);
const krpc: fc.Arbitrary<Krpc> = fc.oneof(
  fc.record({ type: fc.constant('query' as const), transaction: bytes(4), id: bytes(20), question }),
  fc.record({
    type: fc.constant('reply' as const),
    transaction: bytes(2),
    id: bytes(20),
    token: bytes(8),
    ip: endpoint,
  }),
  fc.record({
    type: fc.constant('error' as const),
    transaction: bytes(2),
    code: fc.integer({ min: 201, max: 204 }),
    message: fc.constant('no'),
  }),
);
const query = (
  q: string,
  a: Readonly<Record<string, Encodable>>,
  more: Readonly<Record<string, Encodable>> = {},
): Uint8Array => encode({ t: 'aa', y: 'q', q, a: { id, ...a }, ...more });
const reply = (r: Readonly<Record<string, Encodable>>, more: Readonly<Record<string, Encodable>> = {}): Uint8Array =>
  encode({ t: 'aa', y: 'r', r: { id, ...r }, ...more });
const asked = (packet: Uint8Array) => {
  const read = decodeKrpc(packet);
  return read.type === 'query' ? read.question : undefined;
};

describe('KRPC', () => {
  it('reads what it writes', () => {
    fc.assert(fc.property(krpc, (packet) => void expect(decodeKrpc(encodeKrpc(packet))).toEqual(packet)));
  });

  it('reads the examples of BEP 5', () => {
    const text = (packet: string) => decodeKrpc(new TextEncoder().encode(packet));
    expect(text('d1:ad2:id20:abcdefghij0123456789e1:q4:ping1:t2:aa1:y1:qe')).toMatchObject({
      type: 'query',
      question: { method: 'ping' },
    });
    expect(text('d1:rd2:id20:mnopqrstuvwxyz123456e1:t2:aa1:y1:re')).toMatchObject({ type: 'reply' });
    expect(text('d1:eli201e23:A Generic Error Ocurrede1:t2:aa1:y1:ee')).toMatchObject({
      type: 'error',
      code: 201,
      message: 'A Generic Error Ocurred',
    });
    expect(
      text('d1:rd2:id20:abcdefghij01234567895:token8:aoeusnth6:valuesl6:axje.u6:idhtnmee1:t2:aa1:y1:re'),
    ).toMatchObject({
      peers: [
        { host: '97.120.106.101', port: 11_893 },
        { host: '105.100.104.116', port: 28_269 },
      ],
    });
  });

  it.each([
    ['another method', query('vote', {}), ERROR.unknownMethod],
    ['a short target', query('find_node', { target: 'abc' }), ERROR.protocol],
    ['no info-hash', query('get_peers', {}), ERROR.protocol],
    ['a list for a token', query('announce_peer', { info_hash: id, port: 1, token: ['a'] }), ERROR.protocol],
    ['no token', query('announce_peer', { info_hash: id, port: 1 }), ERROR.protocol],
    ['a long token', query('announce_peer', { info_hash: id, port: 1, token: 'x'.repeat(65) }), ERROR.protocol],
    ['port 0', query('announce_peer', { info_hash: id, port: 0, token: 'x' }), ERROR.protocol],
    ['a short target of an item', query('get', { target: 'abc' }), ERROR.protocol],
    ['no value', query('put', { token: 'x' }), ERROR.protocol],
    ['no token for an item', query('put', { v: 'x' }), ERROR.protocol],
    ['a large value', query('put', { token: 'x', v: 'x'.repeat(997) }), ITEM_ERROR.tooLarge],
    ['half of a signature', query('put', { token: 'x', v: 1, k: id32, sig: id32, seq: 1 }), ERROR.protocol],
    ['a key and no signature', query('put', { token: 'x', v: 1, k: id32, seq: 1 }), ERROR.protocol],
    ['a signature and no version', query('put', { token: 'x', v: 1, k: id32, sig: id64 }), ERROR.protocol],
    ['a long salt', query('put', { token: 'x', v: 1, k: id32, sig: id64, seq: 1, salt: id65 }), ITEM_ERROR.salt],
    ['a short target of a sample', query('sample_infohashes', { target: 'abc' }), ERROR.protocol],
    ['port 65536', query('announce_peer', { info_hash: id, port: 65_536, token: 'x' }), ERROR.protocol],
  ])('a query with %s is answered with an error', (_, packet, code) => {
    expect(asked(packet)).toMatchObject({ method: 'invalid', code });
  });

  it.each<readonly [string, Uint8Array]>([
    ['nothing', new Uint8Array()],
    ['a list', encode(['aa'])],
    ['no transaction', encode({ y: 'q', q: 'ping', a: { id } })],
    ['a long transaction', encode({ t: 'x'.repeat(MAX_TRANSACTION + 1), y: 'q', q: 'ping', a: { id } })],
    ['another kind', encode({ t: 'aa', y: 'x' })],
    ['no arguments', encode({ t: 'aa', y: 'q', q: 'ping' })],
    ['a short id', encode({ t: 'aa', y: 'q', q: 'ping', a: { id: 'short' } })],
    ['half a node', reply({ nodes: 'x'.repeat(25) })],
    ['too many bytes', reply({ v: 'x'.repeat(MAX_PACKET) })],
    ['too many values', reply({ values: Array(500).fill('') })],
    ['a negative length', new TextEncoder().encode('d-3:e')],
    ['depth', new Uint8Array(1400).fill(0x6c)],
  ])('%s is malformed', (_, packet) => {
    expect(() => decodeKrpc(packet)).toThrow(Malformed);
  });

  it('leaves out what can be no peer, and what is too much', () => {
    const node = Buffer.concat([id, Buffer.of(1, 2, 3, 4, 0, 9)]);
    const read = decodeKrpc(
      reply({
        nodes: Buffer.concat(Array<Uint8Array>(40).fill(node)),
        values: [Buffer.of(0, 0, 0, 0, 0, 9), Buffer.of(1, 2, 3, 4, 0, 0), 'odd'],
      }),
    );
    expect(read).toMatchObject({ type: 'reply', nodes: { length: MAX_NODES } });
    expect(read).not.toHaveProperty('peers');
    const one = decodeKrpc(
      reply({ values: [Buffer.concat(Array<Uint8Array>(220).fill(Buffer.of(1, 2, 3, 4, 0, 9)))] }),
    );
    expect(one).toMatchObject({ peers: { length: MAX_VALUES } });
  });

  it('writes one packet at most, whatever there is to tell', () => {
    const peers = (v6: boolean) =>
      Array.from({ length: 100 }, (_, n) => ({ host: v6 ? `2001:db8::${n + 1}` : `1.2.3.${n}`, port: 1 }));
    const nodes = [...peers(false).slice(0, 8), ...peers(true).slice(0, 8)].map((each) => ({ ...each, id }));
    const blooms = { seeds: bloomOf(['1.2.3.4']), leechers: bloomOf([]) };
    const common = {
      type: 'reply',
      transaction: new Uint8Array(MAX_TRANSACTION),
      id,
      nodes,
      token: new Uint8Array(8),
      ip: { host: '2001:db8::1', port: 1 },
    } as const;
    for (const more of [
      { peers: peers(false) },
      { peers: peers(true) },
      { peers: [...peers(true), ...peers(false)], blooms },
      { peers: [], blooms },
    ]) {
      const packet = encodeKrpc({ ...common, ...more });
      expect(packet.length).toBeLessThanOrEqual(MAX_ANSWER);
      expect(decodeKrpc(packet)).toMatchObject({ type: 'reply', nodes: { length: 16 } });
    }
    const told = decodeKrpc(encodeKrpc({ ...common, nodes: nodes.slice(0, 8), peers: peers(false) }));
    expect(told).toMatchObject({ peers: { length: 99 } });
  });

  it('is Malformed or means something, whatever happened on the way', () => {
    const random = seeded(20);
    const packets = [
      query('ping', {}, { ro: 1 }),
      query('get_peers', { info_hash: id, want: ['n4', 'n6'], scrape: 1 }),
      query('announce_peer', { info_hash: id, port: 1, token: 'abcd', implied_port: 1 }),
      query('get', { target: id, seq: 3 }),
      query('put', { token: 'x', v: { a: [1, 'b'] }, k: id32, sig: id64, seq: 1, salt: 's', cas: 2 }),
      reply({ v: 'abc', k: id32, sig: id64, seq: 1, token: 'abcd' }),
      reply({
        nodes: new Uint8Array(52).fill(9),
        nodes6: new Uint8Array(76).fill(9),
        values: [new Uint8Array(6).fill(7), new Uint8Array(18).fill(7)],
        token: 'abcd',
      }),
      reply({ BFsd: new Uint8Array(256), BFpe: new Uint8Array(256) }, { ip: new Uint8Array(6).fill(5) }),
      encode({ t: 'aa', y: 'e', e: [203, 'Protocol Error'] }),
    ];
    for (let n = 0; n < 20_000; n++) {
      const packet = mutated(packets[n % packets.length] ?? new Uint8Array(), random);
      try {
        const read = decodeKrpc(packet);
        expect(read.transaction.length).toBeLessThanOrEqual(MAX_TRANSACTION);
        if (read.type === 'reply')
          expect([read.id.length, (read.peers ?? []).every(({ port }) => port > 0)]).toEqual([20, true]);
      } catch (error) {
        expect(error).toBeInstanceOf(Malformed);
      }
    }
  });
});

describe('blooms', () => {
  it('are those of BEP 33', () => {
    const v4 = Array.from({ length: 256 }, (_, n) => `192.0.2.${n}`);
    const v6 = Array.from({ length: 0x3e8 }, (_, n) => `2001:db8::${n.toString(16)}`);
    const bloom = bloomOf([...v4, ...v6]);
    expect(Buffer.from(bloom.subarray(0, 16)).toString('hex')).toBe('f6c3f5eaa07ffd91bde89f777f26fb2b');
    expect(bloomCount([bloom])).toBeCloseTo(1224.9308, 3);
    expect(bloomCount([bloomOf(v4), bloomOf(v6), bloomOf(v4)])).toBeCloseTo(1224.9308, 3);
  });

  it('count few well, and too many as many', () => {
    expect(Math.round(bloomCount([bloomOf([])]))).toBe(0);
    expect(Math.round(bloomCount([bloomOf(['1.2.3.4', '5.6.7.8', 'a name'])]))).toBe(2);
    expect(Number.isFinite(bloomCount([new Uint8Array(256).fill(255)]))).toBe(true);
  });
});
