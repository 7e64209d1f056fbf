import type { NetworkInterfaceInfo } from 'node:os';
import { describe, expect, it } from 'vitest';
import { gateway } from '../../../src/net/nat/gateways.ts';

const at = (address: string, netmask = '255.255.255.0', internal = false): NetworkInterfaceInfo =>
  ({ address, netmask, internal, family: 'IPv4' }) as NetworkInterfaceInfo;
const look = () => ({ lo: [at('127.0.0.1', '255.0.0.0', true)], one: [at('10.8.0.2')], two: [at('192.168.1.77')] });
const route =
  (...lines: readonly string[]) =>
  () =>
    ['Iface Destination Gateway', ...lines].join('\n');

describe('the router of this network', () => {
  it('is where the default route leads, on Linux', () => {
    const table = route('two 0001A8C0 00000000', 'two 00000000 0101A8C0 0003');
    expect(gateway(look, table, 'linux')).toEqual({ host: '192.168.1.1', local: '192.168.1.77' });
  });

  it('is nobody without such a route, or if it is none of our neighbours', () => {
    for (const line of ['', 'two 00000000 00000000', 'two 00000000 01010101', 'two 00000000 zz01A8C0', 'two 00000000'])
      expect([line, gateway(look, route(line), 'linux')]).toEqual([line, undefined]);
  });

  it('is elsewhere taken to be the first address of our network', () => {
    expect(gateway(look, route(), 'darwin')).toEqual({ host: '10.8.0.1', local: '10.8.0.2' });
    expect(gateway(() => ({ one: [at('10.8.0.1')] }), route(), 'win32')).toBeUndefined();
  });
});
