import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { networkOf } from '../../../src/discovery/dht/networks.ts';
import { isValidNodeId } from '../../../src/discovery/dht/nodeId.ts';
import { formatIp, parseIp } from '../../../src/protocol/encoding/ip.ts';
import {
  addressKind,
  isFarHost,
  isHome,
  isNear,
  isUnicast,
  LOOPBACK,
  mayTellOf,
  PRIVATE,
  PUBLIC,
  type Reach,
  reachOf,
} from '../../../src/protocol/encoding/reach.ts';
import { hostOf } from '../../../src/torrent/peers/addressKeys.ts';

type Kind = ReturnType<typeof addressKind>;
/**
 * What the network, the DHT and the book of addresses think: `network` is what one person may have all of, `own` says
 * that each port is a host.
 */
type Line = readonly [host: string, kind: Kind, reach: Reach, network: string | undefined, own: boolean];

const table: readonly Line[] = [
  ['8.8.8.8', 'public', PUBLIC, '8.8.8', false],
  ['1.0.0.0', 'public', PUBLIC, '1.0.0', false],
  ['9.255.255.255', 'public', PUBLIC, '9.255.255', false],
  ['11.0.0.0', 'public', PUBLIC, '11.0.0', false],
  ['100.63.255.255', 'public', PUBLIC, '100.63.255', false],
  ['100.128.0.0', 'public', PUBLIC, '100.128.0', false],
  ['126.255.255.255', 'public', PUBLIC, '126.255.255', false],
  ['128.0.0.0', 'public', PUBLIC, '128.0.0', false],
  ['169.253.255.255', 'public', PUBLIC, '169.253.255', false],
  ['169.255.0.0', 'public', PUBLIC, '169.255.0', false],
  ['172.15.255.255', 'public', PUBLIC, '172.15.255', false],
  ['172.32.0.0', 'public', PUBLIC, '172.32.0', false],
  ['192.167.255.255', 'public', PUBLIC, '192.167.255', false],
  ['192.169.0.0', 'public', PUBLIC, '192.169.0', false],
  ['198.17.255.255', 'public', PUBLIC, '198.17.255', false],
  ['198.20.0.0', 'public', PUBLIC, '198.20.0', false],
  ['223.255.255.255', 'public', PUBLIC, '223.255.255', false],
  ['192.0.2.1', 'documentation', PUBLIC, '192.0.2', false],
  ['198.51.100.1', 'documentation', PUBLIC, '198.51.100', false],
  ['203.0.113.1', 'documentation', PUBLIC, '203.0.113', false],
  ['0.0.0.0', 'unspecified', LOOPBACK, '0.0.0', false],
  ['0.255.255.255', 'unspecified', LOOPBACK, '0.255.255', false],
  ['127.0.0.1', 'loopback', LOOPBACK, undefined, true],
  ['127.255.255.255', 'loopback', LOOPBACK, undefined, true],
  ['10.0.0.0', 'private', PRIVATE, undefined, true],
  ['10.255.255.255', 'private', PRIVATE, undefined, true],
  ['172.16.0.0', 'private', PRIVATE, undefined, true],
  ['172.31.255.255', 'private', PRIVATE, undefined, true],
  ['192.168.0.0', 'private', PRIVATE, undefined, true],
  ['192.168.255.255', 'private', PRIVATE, undefined, true],
  ['169.254.169.254', 'link-local', PRIVATE, undefined, true],
  ['100.64.0.0', 'carrier', PRIVATE, undefined, false],
  ['100.127.255.255', 'carrier', PRIVATE, undefined, false],
  ['192.0.0.8', 'protocol', PRIVATE, '192.0.0', false],
  ['198.18.0.0', 'benchmark', PRIVATE, '198.18.0', false],
  ['198.19.255.255', 'benchmark', PRIVATE, '198.19.255', false],
  ['224.0.0.1', 'multicast', PRIVATE, '224.0.0', false],
  ['239.255.255.255', 'multicast', PRIVATE, '239.255.255', false],
  ['240.0.0.0', 'reserved', PRIVATE, '240.0.0', false],
  ['255.255.255.254', 'reserved', PRIVATE, '255.255.255', false],
  ['255.255.255.255', 'broadcast', PRIVATE, '255.255.255', false],
  ['2a00:1450::1', 'public', PUBLIC, '42.0.20.80.0.0.0.0', false],
  ['3ffe::1', 'public', PUBLIC, '63.254.0.0.0.0.0.0', false],
  ['2001:db8::1', 'documentation', PUBLIC, '32.1.13.184.0.0.0.0', false],
  ['3fff:fff::1', 'documentation', PUBLIC, '63.255.15.255.0.0.0.0', false],
  ['::', 'unspecified', LOOPBACK, '0.0.0.0.0.0.0.0', false],
  ['::1', 'loopback', LOOPBACK, undefined, true],
  ['::2', 'reserved', PRIVATE, '0.0.0.0.0.0.0.0', false],
  ['::7f00:1', 'reserved', PRIVATE, '0.0.0.0.0.0.0.0', false],
  ['::ffff:0:a00:1', 'reserved', PRIVATE, '0.0.0.0.0.0.0.0', false],
  ['100::1', 'reserved', PRIVATE, '1.0.0.0.0.0.0.0', false],
  ['4000::1', 'reserved', PRIVATE, '64.0.0.0.0.0.0.0', false],
  ['2001:2::1', 'benchmark', PRIVATE, '32.1.0.2.0.0.0.0', false],
  ['2001:10::1', 'reserved', PRIVATE, '32.1.0.16.0.0.0.0', false],
  ['fc00::1', 'private', PRIVATE, undefined, true],
  ['fdff::1', 'private', PRIVATE, undefined, true],
  ['fe80::1', 'link-local', PRIVATE, undefined, true],
  ['febf::1', 'link-local', PRIVATE, undefined, true],
  ['fe80::1%eth0', 'link-local', PRIVATE, undefined, true],
  ['fec0::1', 'private', PRIVATE, undefined, true],
  ['FD00::1', 'private', PRIVATE, undefined, true],
  ['ff02::1', 'multicast', PRIVATE, '255.2.0.0.0.0.0.0', false],
  ['64:ff9b::a00:1', 'private', PRIVATE, undefined, true],
  ['64:ff9b::808:808', 'public', PUBLIC, '8.8.8', false],
  ['64:ff9b:1::c0a8:1', 'private', PRIVATE, undefined, true],
  ['64:ff9b:2::808:808', 'reserved', PRIVATE, '0.100.255.155.0.2.0.0', false],
  // 6to4 of 10.0.0.1 and of 8.8.8.8.
  ['2002:a00:1::1', 'private', PRIVATE, undefined, true],
  ['2002:808:808::1', 'public', PUBLIC, '32.2.8.8.8.8.0.0', false],
  // Teredo: a public server and the client 192.168.0.1; the server 127.0.0.1 and a private client; all of it public.
  ['2001:0:808:808::3f57:fffe', 'private', PRIVATE, undefined, true],
  ['2001:0:7f00:1::3f57:fffe', 'loopback', LOOPBACK, undefined, true],
  ['2001:0:808:808::f7f7:f7f7', 'public', PUBLIC, '32.1.0.0.8.8.8.8', false],
  ['name.example', undefined, PUBLIC, undefined, false],
  ['localhost', undefined, PUBLIC, undefined, true],
];

const NOWHERE: ReadonlySet<Kind> = new Set<Kind>(['unspecified', 'multicast', 'broadcast', 'reserved']);
const bytesOf = (host: string): Uint8Array => parseIp(host.replace(/%.*$/, '')) ?? new Uint8Array();
const mapped = (ip: Uint8Array): string => `::ffff:${ip.join('.')}`;
const translated = (ip: Uint8Array): string =>
  formatIp(Uint8Array.of(0, 0x64, 0xff, 0x9b, ...new Uint8Array(8), ...ip));
const isShared = (host: string): boolean => hostOf({ host, port: 1 }) === hostOf({ host, port: 2 });

describe('an address', () => {
  it.each(table)('%s is %s for all who ask', (host, kind, reach, network, own) => {
    expect(addressKind(host)).toBe(kind);
    expect(reachOf(host)).toBe(reach);
    expect(networkOf(host)).toBe(network);
    expect(isShared(host)).toBe(!own);
    expect(isHome(host)).toBe(own);
    // What a stranger may not tell us of is what is not public, and a neighbour may not tell of this machine.
    expect(mayTellOf('8.8.8.8', host)).toBe(reach === PUBLIC);
    expect(mayTellOf('192.168.0.9', host)).toBe(reach !== LOOPBACK);
    expect(mayTellOf('127.0.0.1', host)).toBe(true);
    if (kind === undefined) return;
    expect(isFarHost(host)).toBe(reach === PUBLIC);
    expect(isNear(host)).toBe(network === undefined);
    expect(isUnicast(bytesOf(host))).toBe(!NOWHERE.has(kind));
    if (!host.includes('%')) expect(isValidNodeId(new Uint8Array(20), host)).toBe(network === undefined);
  });

  it('of IPv4 is the same mapped into IPv6 and behind a NAT64', () => {
    const answers = (host: string, ip: Uint8Array) => [
      addressKind(host),
      reachOf(host),
      networkOf(host),
      isShared(host),
      isHome(host),
      isNear(host),
      isUnicast(ip),
      isFarHost(host),
      mayTellOf('2001:db8::9', host),
      mayTellOf(host, '10.0.0.1'),
    ];
    const listed = table.map(([host]) => bytesOf(host)).filter((ip) => ip.length === 4);
    expect(listed.length).toBeGreaterThan(30);
    fc.assert(
      fc.property(fc.oneof(fc.constantFrom(...listed), fc.uint8Array({ minLength: 4, maxLength: 4 })), (ip) => {
        const told = answers(formatIp(ip), ip);
        for (const host of [mapped(ip), translated(ip)]) expect(answers(host, bytesOf(host))).toEqual(told);
      }),
    );
  });

  it('that holds an IPv4 address is never farther away than that', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 4, maxLength: 4 }),
        fc.uint8Array({ minLength: 4, maxLength: 4 }),
        (a, b) => {
          const [one, other] = [reachOf(formatIp(a)), reachOf(formatIp(b))];
          expect(reachOf(formatIp(Uint8Array.of(0x20, 2, ...a, ...new Uint8Array(10))))).toBe(one);
          const teredo = Uint8Array.of(0x20, 1, 0, 0, ...a, 0, 0, 0, 0, ...b.map((byte) => byte ^ 0xff));
          expect(reachOf(formatIp(teredo))).toBe(Math.max(one, other));
        },
      ),
    );
  });
});

describe('isFarHost', () => {
  it.each(['t.example', 't.example.', '8.8.8.8', '[2001:db8::1]', '0x7f.1', 'localhost.example'])(
    'holds for %s',
    (host) => {
      expect(isFarHost(host)).toBe(true);
    },
  );

  it.each(['localhost', 'nas', 'nas.local', 'nas.LAN.', 'a.home.arpa', '10.0.0.1', '[::1]', '127.0.0.1', '2130706433'])(
    'does not for %s',
    (host) => {
      expect(isFarHost(host)).toBe(false);
    },
  );
});
