import { Client } from 'bittorrent-dht';
import fc from 'fast-check';
import { createPublicKey, sign, verify } from 'node:crypto';
import { lastValueFrom, type Observable, Subscription, toArray } from 'rxjs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ITEM_EXPIRY, ItemStore, MAX_ITEMS, MAX_ITEMS_OF_HOST } from '../../../src/discovery/dht/itemStore.ts';
import { type DhtNode, dhtNode } from '../../../src/discovery/dht/node.ts';
import { PeerStore } from '../../../src/discovery/dht/peerStore.ts';
import { Responder } from '../../../src/discovery/dht/responder.ts';
import { RoutingTable } from '../../../src/discovery/dht/routingTable.ts';
import { Tokens } from '../../../src/discovery/dht/tokens.ts';
import { decodeKrpc, MAX_PACKET, type Query, type Question, type Reply } from '../../../src/protocol/dht/krpc.ts';
import { encodeKrpc } from '../../../src/protocol/dht/encodeKrpc.ts';
import {
  type DhtItem,
  immutableItem,
  isSound,
  itemTarget,
  keyTarget,
  MAX_VALUE,
  publicKeyOf,
  signedItem,
} from '../../../src/protocol/dht/item.ts';
import { encode } from '../../../src/protocol/encoding/bencode.ts';
import { toHex } from '../../../src/protocol/encoding/id.ts';
import { loopbackEnv } from './loopback.ts';
import { hostOf, idOf } from './made.ts';

const seed = new Uint8Array(32).fill(7);
const key = publicKeyOf(seed);
const salt = new TextEncoder().encode('films');
const bytes = (length: number): Uint8Array => new Uint8Array(length).fill(120);

describe('an item', () => {
  it('is at the places that the vectors of BEP 44 name', () => {
    expect(toHex(itemTarget(immutableItem('Hello World!')))).toBe('e5f96f6f38320f0f33959cb4d3d656452117aadb');
    const theirs = Buffer.from('77ff84905a91936367c01360803104f92432fcd904a43511876df5cdf3e7e548', 'hex');
    expect(toHex(keyTarget(theirs))).toBe('4a533d47ec9c7d95b1ad75f576cffc641853b750');
    expect(toHex(keyTarget(theirs, Buffer.from('foobar')))).toBe('411eba73b6f087ca51a3795d9c8c938d365e32c1');
  });

  it('that is signed is sound, and no other', () => {
    const item = signedItem({ ih: bytes(20) }, { seed, seq: 3, salt });
    const { value, signed } = item as Required<DhtItem>;
    expect([isSound(item), isSound(immutableItem(1))]).toEqual([true, true]);
    for (const wrong of [
      { ...signed, seq: 4 },
      { ...signed, salt: bytes(3) },
      { ...signed, salt: bytes(65) },
      { ...signed, key: bytes(32) },
      { ...signed, key: new Uint8Array(32) },
      { ...signed, key: bytes(31) },
      { ...signed, signature: bytes(64) },
      { ...signed, signature: bytes(63) },
      { ...signed, seq: -1 },
      { ...signed, seq: 0.5 },
    ])
      expect(isSound({ value, signed: wrong })).toBe(false);
    expect(isSound({ value: encode(bytes(20)), signed })).toBe(false);
    expect([isSound({ value: bytes(MAX_VALUE) }), isSound({ value: bytes(MAX_VALUE + 1) })]).toEqual([true, false]);
    expect(isSound({ value: new Uint8Array() })).toBe(false);
  });

  it('fits into a packet, and is the same behind it, whatever it is', () => {
    const value = fc.oneof(fc.integer(), fc.uint8Array({ maxLength: 900 }), fc.array(fc.integer(), { maxLength: 90 }));
    fc.assert(
      fc.property(value, fc.nat(), fc.option(fc.uint8Array({ minLength: 1, maxLength: 64 })), (v, seq, salted) => {
        const item = signedItem(v, { seed, seq, ...(salted && { salt: salted }) });
        const question: Question = { method: 'put', token: bytes(8), item, cas: seq };
        const packet = encodeKrpc({ type: 'query', transaction: bytes(2), id: idOf(1), question });
        expect(packet.length).toBeLessThanOrEqual(MAX_PACKET);
        const back = decodeKrpc(packet);
        expect(back.type === 'query' && back.question).toEqual(question);
      }),
      { numRuns: 50 },
    );
  });
});

/** A node that answers at once, without a network. */
const responder = () => {
  const [items, store] = [new ItemStore(), new PeerStore()];
  const tokens = new Tokens((length) => bytes(length), 0);
  const table = new RoutingTable(idOf(0));
  const it = new Responder({ items, store, tokens, table: () => table, random: () => 0.5 });
  const from = { host: hostOf(1), port: 6881 };
  let time = 0;
  const ask = (question: Question) => {
    const asked: Query = { type: 'query', transaction: bytes(2), id: idOf(1), question };
    const query = decodeKrpc(encodeKrpc(asked)) as Query;
    return decodeKrpc(encodeKrpc(it.answer(query, from, idOf(0), time)));
  };
  const get = (target: Uint8Array, seq?: number): Reply =>
    ask({ method: 'get', target, want: [], ...(seq !== undefined && { seq }) }) as Reply;
  const put = (item: DhtItem, cas?: number, token = get(itemTarget(item)).token as Uint8Array): number => {
    const answer = ask({ method: 'put', token, item, ...(cas !== undefined && { cas }) });
    items.check();
    return answer.type === 'error' ? answer.code : 0;
  };
  return { ask, get, put, store, pass: (ms: number) => (time += ms) };
};

describe('items of others', () => {
  it('are kept, told without their salt, replaced by newer ones, and forgotten', () => {
    const { get, put, pass } = responder();
    const of = (seq: number, text = 'a') => signedItem(text, { seed, seq, salt });
    const target = keyTarget(key, salt);
    expect([put(of(2)), get(target).item?.signed?.salt, get(target).seq]).toEqual([0, undefined, 2]);
    expect([put(of(1)), put(of(2, 'b')), put(of(2))]).toEqual([302, 302, 0]);
    expect([put(of(3), 1), put(of(3), 2), get(target).seq]).toEqual([301, 0, 3]);
    expect([get(target, 3).item, get(target, 2).item?.signed?.seq]).toEqual([undefined, 3]);
    pass(ITEM_EXPIRY);
    expect(get(target).item).toBeUndefined();
  });

  it('are refused without a token, or if they are not sound', () => {
    const { put } = responder();
    const item = signedItem('a', { seed, seq: 1 });
    expect(put(item, undefined, bytes(8))).toBe(203);
    expect(put({ ...item, value: encode('b') })).toBe(206);
    const { signed } = item as Required<DhtItem>;
    expect(put({ value: item.value, signed: { ...signed, salt: bytes(65) } })).toBe(207);
    expect(put(immutableItem(bytes(MAX_VALUE)))).toBe(205);
  });

  it('are never more than there is room for, of one host or of many', () => {
    const store = new ItemStore();
    for (let n = 0; n < 2 * MAX_ITEMS; n++) {
      store.put(immutableItem(n), n % 3 === 0 ? 'greedy' : `${n}`, n);
      if (n % 100 === 0) store.check();
    }
    store.check();
    expect(store.size).toBe(MAX_ITEMS);
    const greedy = Array.from({ length: 2 * MAX_ITEMS }, (_, n) => n).filter(
      (n) => n % 3 === 0 && store.get(itemTarget(immutableItem(n)), 0) !== undefined,
    );
    expect(greedy.length).toBeLessThanOrEqual(MAX_ITEMS_OF_HOST);
    store.expire(ITEM_EXPIRY + 2 * MAX_ITEMS);
    expect(store.size).toBe(0);
  });

  it('some of the info-hashes that are announced here are told (BEP 51)', () => {
    const { ask, store } = responder();
    for (let n = 0; n < 30; n++) store.announced(idOf(n), { host: hostOf(n), port: 1 }, false, 0);
    const packet = ask({ method: 'sample_infohashes', target: idOf(5), want: [] });
    expect(packet.type).toBe('reply');
    const raw = new Responder({
      items: new ItemStore(),
      store,
      tokens: new Tokens((length) => bytes(length), 0),
      table: () => undefined,
      random: () => 0.99,
    }).answer(
      {
        type: 'query',
        transaction: bytes(2),
        id: idOf(1),
        question: { method: 'sample_infohashes', target: idOf(5), want: [] },
      },
      { host: hostOf(1), port: 1 },
      idOf(0),
      0,
    ) as Reply;
    const told = raw.samples?.infoHashes.map(toHex) ?? [];
    expect([told.length, new Set(told).size, raw.samples?.count]).toEqual([20, 20, 30]);
  });
});

describe('with nodes of bittorrent-dht', () => {
  const all = <T>(values$: Observable<T> | undefined): Promise<T[]> =>
    values$ === undefined ? Promise.resolve([]) : lastValueFrom(values$.pipe(toArray()));
  const isRight = (signature: Buffer, message: Buffer, owner: Buffer): boolean =>
    verify(
      null,
      message,
      createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: owner.toString('base64url') }, format: 'jwk' }),
      signature,
    );

  const network = async (): Promise<{ readonly theirs: readonly Client[]; readonly node: DhtNode }> => {
    const theirs: Client[] = [];
    const open = new Subscription();
    onTestFinished(async () => {
      open.unsubscribe();
      await Promise.all(theirs.map((client) => new Promise<void>((done) => client.destroy(done))));
    });
    for (let n = 0; n < 4; n++) {
      const bootstrap = theirs[0] === undefined ? false : ([`127.0.0.1:${theirs[0].address().port}`] as const);
      const client = new Client({ bootstrap, host: '127.0.0.1', verify: isRight });
      theirs.push(client);
      await new Promise<void>((done) => client.listen(0, '127.0.0.1', done));
    }
    const bootstrap = [{ host: '127.0.0.1', port: theirs[0]?.address().port ?? 0 }];
    const node = await new Promise<DhtNode>((done, failed) =>
      open.add(dhtNode(loopbackEnv, { bootstrap }).subscribe({ next: done, error: failed })),
    );
    await expect.poll(() => node.stats().nodes, { timeout: 10_000 }).toBeGreaterThanOrEqual(4);
    return { theirs, node };
  };
  const got = (client: Client | undefined, target: Uint8Array, how: { readonly salt?: Buffer } = {}) =>
    new Promise((done) => client?.get(Buffer.from(target), { ...how, cache: false }, (_, item) => done(item?.v)));

  it('we find what they have put, and they what we have: by hash, and by key, salt and version', async () => {
    const { theirs, node } = await network();
    const item = signedItem('ours', { seed, seq: 1, salt });
    expect((await all(node.putItem?.(item)))[0]).toBeGreaterThanOrEqual(4);
    expect(String(await got(theirs[2], itemTarget(item), { salt: Buffer.from(salt) }))).toBe('ours');
    const newer = signedItem('newer', { seed, seq: 2, salt });
    expect((await all(node.putItem?.(newer, 1)))[0]).toBeGreaterThanOrEqual(4);
    expect((await all(node.putItem?.(item)))[0]).toBe(0);
    expect((await all(node.getItem?.(itemTarget(item), salt))).at(-1)).toEqual(newer);
    const fixed = immutableItem('fixed');
    await all(node.putItem?.(fixed));
    expect(String(await got(theirs[1], itemTarget(fixed)))).toBe('fixed');
    expect(await all(node.getItem?.(itemTarget(fixed)))).toEqual([fixed]);
    // Their key is another one.
    const other = new Uint8Array(32).fill(9);
    const mine = signedItem('', { seed: other, seq: 0 });
    const hash = await new Promise<Buffer>((done) =>
      theirs[3]?.put(
        {
          v: Buffer.from('theirs'),
          k: Buffer.from(mine.signed?.key ?? []),
          seq: 5,
          sign: (message) => sign(null, message, privateOf(other)),
        },
        (_, target) => done(target),
      ),
    );
    expect(await all(node.getItem?.(hash))).toMatchObject([{ value: encode('theirs'), signed: { seq: 5 } }]);
  });
});

const privateOf = (of: Uint8Array) => ({
  key: Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), of]),
  format: 'der' as const,
  type: 'pkcs8' as const,
});
