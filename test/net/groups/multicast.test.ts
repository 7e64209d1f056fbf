import type { NetworkInterfaceInfo } from 'node:os';
import { describe, expect, it } from 'vitest';
import { interfacesOf, MAX_INTERFACES, Membership } from '../../../src/net/groups/multicast.ts';

const four = (address: string, internal = false): NetworkInterfaceInfo => ({
  address,
  internal,
  family: 'IPv4',
  netmask: '255.255.255.0',
  mac: '00:00:00:00:00:00',
  cidr: null,
});
const six = (address: string, scopeid = 7, internal = false): NetworkInterfaceInfo => ({
  address,
  internal,
  family: 'IPv6',
  scopeid,
  netmask: 'ffff::',
  mac: '00:00:00:00:00:00',
  cidr: null,
});
const lo = [four('127.0.0.1', true), six('::1', 0, true)];

describe('the interfaces of this machine', () => {
  it('are known by an address of theirs, or by their scope, each once', () => {
    const look = () => ({
      lo,
      vpn: [four('10.9.0.1')],
      eth0: [four('192.0.2.1'), four('192.0.2.2'), six('2001:db8::1'), six('fe80::1')],
    });
    expect(interfacesOf(4, look)).toEqual(['10.9.0.1', '192.0.2.1']);
    expect(interfacesOf(6, look, 'linux')).toEqual(['::%eth0']);
    expect(interfacesOf(6, look, 'win32')).toEqual(['::%7']);
  });

  it('are the internal ones if none leads out of the machine', () => {
    expect(interfacesOf(4, () => ({ lo }))).toEqual(['127.0.0.1']);
    expect(interfacesOf(6, () => ({ lo }), 'linux')).toEqual(['::%lo']);
    expect(interfacesOf(4, () => ({}))).toEqual([]);
  });

  it('are no more than sixteen', () => {
    const look = () => Object.fromEntries(Array.from({ length: 100 }, (_, n) => [`veth${n}`, [four(`10.0.${n}.1`)]]));
    expect(interfacesOf(4, look)).toHaveLength(MAX_INTERFACES);
  });
});

describe('membership of a group', () => {
  /** A socket that notes what it is told; an interface called `odd` refuses. */
  const socket = () => {
    const told: string[] = [];
    const tell = (what: string, name = ''): void => {
      if (name.startsWith('192.0.2.')) throw Object.assign(new RangeError('none'), { code: 'ENODEV' });
      told.push(`${what} ${name}`);
    };
    return {
      told,
      addMembership: (group: string, name?: string) => tell(`join ${group}`, name),
      setMulticastInterface: (name: string) => tell('by', name),
    };
  };

  it('is on each interface, and follows interfaces that come and go', () => {
    const there: NodeJS.Dict<NetworkInterfaceInfo[]> = { lo, one: [four('10.0.1.1')] };
    const it = socket();
    const membership = new Membership(it, 4, 'G', () => there);
    const speak = (): readonly string[] => {
      it.told.length = 0;
      membership.onEach(() => it.told.push('said'));
      return it.told;
    };
    expect([membership.refresh(), it.told]).toEqual([true, ['join G 10.0.1.1']]);
    expect(membership.refresh()).toBe(false);
    expect(speak()).toEqual(['by 10.0.1.1', 'said']);
    there['two'] = [four('10.0.2.1')];
    expect(membership.refresh()).toBe(true);
    expect(speak()).toEqual(['by 10.0.1.1', 'said', 'by 10.0.2.1', 'said']);
    delete there['one'];
    expect(membership.refresh()).toBe(false);
    expect(speak()).toEqual(['by 10.0.2.1', 'said']);
    // It is another network by now.
    there['two'] = [four('10.0.3.1')];
    expect(membership.refresh()).toBe(true);
    expect(speak()).toEqual(['by 10.0.3.1', 'said']);
  });

  it('is borne with where an interface is none for that, and left to the system where there is none at all', () => {
    const it = socket();
    let there: NodeJS.Dict<NetworkInterfaceInfo[]> = { odd: [four('192.0.2.1')], one: [four('10.0.1.1')] };
    const membership = new Membership(it, 4, 'G', () => there);
    membership.refresh();
    let said = 0;
    membership.onEach(() => said++);
    expect([said, it.told]).toEqual([1, ['join G 10.0.1.1', 'by 10.0.1.1']]);
    there = {};
    membership.refresh();
    membership.onEach(() => said++);
    expect(said).toBe(2);
  });
});
