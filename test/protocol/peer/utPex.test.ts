import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Encodable, encode } from '../../../src/protocol/encoding/bencode.ts';
import { formatIp } from '../../../src/protocol/encoding/ip.ts';
import { isUnicast } from '../../../src/protocol/encoding/reach.ts';
import { decodePex, encodePex, MAX_PEX_PEERS, type PexPeer } from '../../../src/protocol/peer/utPex.ts';

const latin1 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');
const decoded = (dict: Readonly<Record<string, Encodable>>) => decodePex(encode(dict));
const one = Uint8Array.of(10, 0, 0, 1, 0x1a, 0xe1);
const six = Uint8Array.of(0x20, 1, 0xd, 0xb8, ...new Array<number>(11).fill(0), 1, 0, 80);

describe('a message of peers', () => {
  it('is written as BEP 11 has it', () => {
    const message = {
      added: [
        { host: '10.0.0.1', port: 6881, flags: 2 },
        { host: '2001:db8::1', port: 80, flags: 0x10 },
      ],
      dropped: [{ host: '10.0.0.2', port: 1 }],
    };
    const added = `5:added6:\x0a\x00\x00\x01\x1a\xe17:added.f1:\x026:added618:${latin1(six)}8:added6.f1:\x10`;
    const text = `d${added}7:dropped6:\x0a\x00\x00\x02\x00\x018:dropped60:e`;
    expect(latin1(encodePex(message))).toBe(text);
    expect(decodePex(encodePex(message))).toEqual(message);
  });

  it('comes back as it was, IPv4 first', () => {
    const host = fc
      .oneof(fc.uint8Array({ minLength: 4, maxLength: 4 }), fc.uint8Array({ minLength: 16, maxLength: 16 }))
      .filter(isUnicast)
      .map(formatIp);
    const peer = fc.record({ host, port: fc.integer({ min: 1, max: 65_535 }), flags: fc.nat(255) });
    const sorted = <T extends { readonly host: string }>(peers: readonly T[]): T[] => [
      ...peers.filter((each) => !each.host.includes(':')),
      ...peers.filter((each) => each.host.includes(':')),
    ];
    fc.assert(
      fc.property(fc.array(peer, { maxLength: 50 }), fc.array(peer, { maxLength: 50 }), (added, gone) => {
        const dropped = gone.map(({ host: literal, port }) => ({ host: literal, port }));
        expect(decodePex(encodePex({ added, dropped }))).toEqual({ added: sorted(added), dropped: sorted(dropped) });
      }),
    );
  });

  it(`never says more than ${MAX_PEX_PEERS} and ${MAX_PEX_PEERS}, and no names`, () => {
    const peers = (net: string): PexPeer[] =>
      Array.from({ length: 100 }, (_, n) => ({ host: `${net}${n + 1}`, port: 1, flags: 1 }));
    const { added, dropped } = decodePex(
      encodePex({
        added: [{ host: 'a.example', port: 1, flags: 9 }, ...peers('10.0.0.')],
        dropped: peers('2001:db8::'),
      }),
    );
    expect([added.length, dropped.length, added[0]?.host, added.every(({ flags }) => flags === 1)]).toEqual([
      50,
      50,
      '10.0.0.1',
      true,
    ]);
  });
});

describe('what is not as it should be', () => {
  it.each<[string, Readonly<Record<string, Encodable>>]>([
    ['nothing', {}],
    ['other types', { added: 1, 'added.f': [], added6: {}, dropped: [one], dropped6: 7 }],
    ['less than one peer', { added: one.subarray(1), added6: six.subarray(1) }],
    ['no peers but other things', { added7: one, peers: one }],
    [
      'places where no peer can be',
      { added: Uint8Array.of(10, 0, 0, 1, 0, 0, 224, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 1, 255, 255, 255, 255, 0, 1) },
    ],
  ])('tells of nobody: %s', (_, dict) => {
    expect(decoded(dict)).toEqual({ added: [], dropped: [] });
  });

  it('keeps flags with their peers, and takes missing ones for none', () => {
    const added = Uint8Array.of(0, 0, 0, 0, 0, 1, ...one, 10, 0, 0, 2, 0, 1);
    expect(decoded({ added, 'added.f': Uint8Array.of(1, 2) }).added).toEqual([
      { host: '10.0.0.1', port: 6881, flags: 2 },
      { host: '10.0.0.2', port: 1, flags: 0 },
    ]);
  });

  it('loses only what is cut off', () => {
    expect(decoded({ added: Uint8Array.of(...one, 10, 0, 0) }).added).toHaveLength(1);
  });

  it('counts both families together', () => {
    const four = Uint8Array.from({ length: 6 * 40 }, (_, n) => one[n % 6] ?? 0);
    const sixes = Uint8Array.from({ length: 18 * 40 }, (_, n) => six[n % 18] ?? 0);
    const { added, dropped } = decoded({ added: four, added6: sixes, dropped6: sixes });
    expect([added.length, added.filter(({ host }) => host.includes(':')).length, dropped.length]).toEqual([50, 10, 40]);
  });
});
