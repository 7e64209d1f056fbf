import { describe, expect, it } from 'vitest';
import { isFarHost, LOOPBACK, PRIVATE, PUBLIC, reachOf } from '../../../src/protocol/encoding/reach.ts';

describe('reachOf', () => {
  it.each([
    [LOOPBACK, '127.0.0.1'],
    [LOOPBACK, '127.255.255.255'],
    [PUBLIC, '128.0.0.0'],
    [LOOPBACK, '::'],
    [LOOPBACK, '::1'],
    [PUBLIC, '::2'],
    [PRIVATE, '172.16.0.0'],
    [PRIVATE, '172.31.255.255'],
    [PUBLIC, '172.32.0.0'],
    [PRIVATE, '100.127.0.1'],
    [PUBLIC, '100.128.0.1'],
    [PRIVATE, 'fe80::1%eth0'],
    [PRIVATE, 'febf::1'],
    [PRIVATE, 'fd00::1'],
    [PUBLIC, '2001:db8::1'],
    [LOOPBACK, '::ffff:127.0.0.1'],
    [PRIVATE, '64:ff9b::a00:1'],
    [PUBLIC, '64:ff9b::808:808'],
    [PUBLIC, 'name.example'],
  ])('is %d for %s', (reach, address) => {
    expect(reachOf(address)).toBe(reach);
  });
});

describe('isFarHost', () => {
  it.each(['t.example', 't.example.', '8.8.8.8', '[2001:db8::1]', '0x7f.1', 'localhost.example'])('holds for %s', (host) => {
    expect(isFarHost(host)).toBe(true);
  });

  it.each(['localhost', 'nas', 'nas.local', 'nas.LAN.', 'a.home.arpa', '10.0.0.1', '[::1]', '127.0.0.1', '2130706433'])('does not for %s', (host) => {
    expect(isFarHost(host)).toBe(false);
  });
});
