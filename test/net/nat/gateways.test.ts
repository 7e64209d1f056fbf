import type { NetworkInterfaceInfo } from 'node:os';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { gateway, gatewaysOf6, MAX_LOCAL } from '../../../src/net/nat/gateways.ts';
import { defaultRoutes, MAX_TABLE } from '../../../src/net/nat/routeTables.ts';

const at = (address: string, netmask = '255.255.255.0', internal = false): NetworkInterfaceInfo =>
  ({ address, netmask, internal, family: 'IPv4' }) as NetworkInterfaceInfo;
const six = (address: string, scopeid = 0): NetworkInterfaceInfo =>
  ({ address, scopeid, internal: false, family: 'IPv6' }) as NetworkInterfaceInfo;
const look = () => ({ lo: [at('127.0.0.1', '255.0.0.0', true)], one: [at('10.8.0.2')], two: [at('192.168.1.77')] });
const route = (...lines: readonly string[]): string => ['Iface Destination Gateway', ...lines].join('\n');

/** What `netstat -rn` says on a Mac with a VPN that takes nothing but its own network. */
const MAC = `Routing tables

Internet:
Destination        Gateway            Flags               Netif Expire
default            192.168.1.1        UGScg                 en0
default            link#22            UCSIg               utun4
127                127.0.0.1          UCS                   lo0
192.168.1          link#14            UCS                   en0      !

Internet6:
Destination                             Gateway                                 Flags               Netif Expire
default                                 fe80::ba27:ebff:fe00:1%en0              UGcg                  en0
default                                 fe80::%utun0                            UGcIg               utun0
::1                                     ::1                                     UHL                   lo0
`;

/** What `route print` says on Windows, in German. */
const WINDOWS = `===========================================================================
Schnittstellenliste
 12...00 15 5d 01 02 03 ......Intel(R) Ethernet Connection
  1...........................Software Loopback Interface 1
===========================================================================

IPv4-Routentabelle
===========================================================================
Aktive Routen:
     Netzwerkziel    Netzwerkmaske          Gateway    Schnittstelle Metrik
          0.0.0.0          0.0.0.0         10.8.0.1         10.8.0.2    281\r
          0.0.0.0          0.0.0.0      192.168.1.1     192.168.1.77     25\r
        127.0.0.0        255.0.0.0   Auf Verbindung         127.0.0.1    331
===========================================================================
IPv6-Routentabelle
===========================================================================
Aktive Routen:
 If Metrik Netzwerkziel             Gateway
 12    281 ::/0                     fe80::ba27:ebff:fe00:1\r
  1    331 ::1/128                  Auf Verbindung
`;

const ROUTER6 = 'fe800000000000000000000000000001';
const NONE = '0'.repeat(32);
const linux6 = (to: string, length: string, by: string, metric: string, on: string): string =>
  `${to} ${length} ${NONE} 00 ${by} ${metric} 00000001 00000000 00000003     ${on}`;

describe('the router of this network', () => {
  it('is where the default route leads, on Linux', () => {
    const table = route('two 0001A8C0 00000000', 'two 00000000 0101A8C0 0003');
    expect(gateway(table, look, 'linux')).toEqual({ host: '192.168.1.1', local: '192.168.1.77' });
    const two = route('one 00000000 0100080A 0003 0 0 200 0', 'two 00000000 0101A8C0 0003 0 0 100 0');
    expect(gateway(two, look, 'linux')).toEqual({ host: '192.168.1.1', local: '192.168.1.77' });
  });

  it('is nobody without such a route, or if it is none of our neighbours', () => {
    for (const line of ['', 'two 00000000 00000000', 'two 00000000 01010101', 'two 00000000 zz01A8C0', 'two 00000000'])
      expect([line, gateway(route(line), look, 'linux')]).toEqual([line, undefined]);
  });

  it('is what the table says on macOS and Windows', () => {
    expect(gateway(MAC, look, 'darwin')).toEqual({ host: '192.168.1.1', local: '192.168.1.77' });
    expect(gateway(WINDOWS, look, 'win32')).toEqual({ host: '192.168.1.1', local: '192.168.1.77' });
  });

  it('is elsewhere taken to be the first address of our network', () => {
    for (const platform of ['darwin', 'win32', 'aix'])
      expect(gateway('', look, platform)).toEqual({ host: '10.8.0.1', local: '10.8.0.2' });
    expect(gateway('', () => ({ one: [at('10.8.0.1')] }), 'win32')).toBeUndefined();
  });
});

describe('the router of IPv6', () => {
  const [ONE, TWO] = ['2a00:1::2', '2a00:1::3'];
  const ours =
    (name: string, scope = 0) =>
    () => ({
      [name]: [at('192.168.1.77'), six('fe80::2', scope), six(ONE), six('fd00::2'), six(TWO)],
      other: [six('2a00:2::2'), six('fe80::3', 99)],
    });
  const both = (zone: string, host = 'fe80::ba27:ebff:fe00:1') =>
    [ONE, TWO].map((local) => ({ host: `${host}%${zone}`, local }));

  it('is asked beside each address that the world could reach, and no other', () => {
    const table = [
      route('eth0 00000000 0101A8C0 0003'),
      linux6(NONE, '00', NONE, 'ffffffff', 'lo'),
      linux6(NONE, '00', 'fe800000000000000000000000000009', '00000600', 'other'),
      linux6(NONE, '00', ROUTER6, '00000400', 'eth0'),
      linux6(ROUTER6, '40', NONE, '00000100', 'eth0'),
    ].join('\n');
    expect(gatewaysOf6(table, ours('eth0'), 'linux')).toEqual(both('eth0', 'fe80::1'));
    expect(gatewaysOf6(MAC, ours('en0'), 'darwin')).toEqual(both('en0'));
    expect(gatewaysOf6(WINDOWS, ours('Ethernet', 12), 'win32')).toEqual(both('12'));
    const many = () => ({ eth0: Array.from({ length: 9 }, (_, n) => six(`2a00::${n + 1}`)) });
    expect(gatewaysOf6(table, many, 'linux')).toHaveLength(MAX_LOCAL);
  });

  it('is nobody where there is none, or nothing to be reached', () => {
    for (const platform of ['linux', 'darwin', 'win32', 'aix'])
      expect(gatewaysOf6('', ours('eth0'), platform)).toEqual([]);
    expect(gatewaysOf6(MAC, () => ({ en0: [six('fe80::2'), six('fd00::2')] }), 'darwin')).toEqual([]);
  });

  it('is read from any text, of which no more counts than can be meant', () => {
    const words = fc.constantFrom(
      'default',
      '::/0',
      '0.0.0.0',
      'fe80::1%en0',
      NONE,
      '00',
      ROUTER6,
      '\n',
      ' ',
      '10.8.0.1',
    );
    fc.assert(
      fc.property(
        fc.constantFrom('linux', 'darwin', 'win32'),
        fc.array(fc.oneof(words, fc.string())).map((all) => all.join(' ')),
        (platform, text) => void gatewaysOf6(text, ours('en0'), platform),
      ),
    );
    expect(defaultRoutes('darwin', `${'\n'.repeat(MAX_TABLE)}${MAC}`)).toEqual([]);
  });
});
