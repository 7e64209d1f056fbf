import fc from 'fast-check';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { addressFault, addressKey, addressText } from '../../../src/protocol/encoding/address.ts';
import { formatIp } from '../../../src/protocol/encoding/ip.ts';
import { filesIn } from '../../house/source.ts';

describe('addressText', () => {
  it.each([
    ['192.0.2.7', '192.0.2.7:6881'],
    ['2001:db8::7', '[2001:db8::7]:6881'],
    ['fe80::1%eth0', '[fe80::1%eth0]:6881'],
    ['peer.example', 'peer.example:6881'],
  ])('writes %s', (host, text) => {
    expect(addressText({ host, port: 6881 })).toBe(text);
  });

  it('is what a URL reads', () => {
    const ip = fc.oneof(fc.uint8Array({ minLength: 4, maxLength: 4 }), fc.uint8Array({ minLength: 16, maxLength: 16 }));
    fc.assert(
      fc.property(ip.map(formatIp), fc.integer({ min: 1, max: 65_535 }), (host, port) => {
        const url = new URL(`bt://${addressText({ host, port })}`);
        expect([url.hostname.replace(/^\[|\]$/g, ''), url.port]).toEqual([host, `${port}`]);
      }),
    );
  });
});

describe('addressFault', () => {
  it('has one rule for names, whatever their letters', () => {
    const name = fc.string({ unit: fc.constantFrom('a', 'Z', '7', '_', '-', '.', ' ', '%', '/', ':'), maxLength: 6 });
    fc.assert(
      fc.property(name, fc.constantFrom('é', 'ß', '中'), (host, letter) => {
        // With a letter of another script beside an ASCII one, nothing else about the name differs.
        const [plain, other] = [`x${host}x`, `x${host}${letter}`];
        expect(addressFault({ host: plain, port: 1 }) === undefined).toBe(
          addressFault({ host: other, port: 1 }) === undefined,
        );
      }),
    );
    expect(addressFault({ host: 'a\u200bb', port: 1 })).toMatch(/a host is an IP address or a name/);
  });
});

describe('addressKey', () => {
  it('tells hosts and ports apart', () => {
    const address = fc.record({
      host: fc.constantFrom('1.2.3.4', '1.2.3.41', '::1', '::1:1', 'a'),
      port: fc.integer({ min: 1, max: 120 }),
    });
    fc.assert(
      fc.property(address, address, (one, other) => {
        expect(addressKey(one) === addressKey(other)).toBe(one.host === other.host && one.port === other.port);
      }),
    );
  });
});

describe('an address', () => {
  const HERE = 'src/protocol/encoding/address.ts';
  const BY_HAND = /\$\{(?:\w+\.)*host\}[: ]\$\{(?:\w+\.)*port\}/;

  it('is written in one place', () => {
    const product = filesIn(
      fileURLToPath(new URL('../../..', import.meta.url)),
      ['src', 'operators', 'marbles'],
      /\.ts$/,
    );
    const writers = product.filter(({ path, text }) => BY_HAND.test(text) && !path.endsWith('.marbles.ts'));
    expect(writers.map(({ path }) => path)).toEqual([HERE]);
  });
});
