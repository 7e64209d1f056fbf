import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeLsd, encodeLsd, MAX_COOKIE, MAX_LSD_BYTES, MAX_LSD_HASHES } from '../../../src/protocol/lan/lsd.ts';
import { Malformed } from '../../../src/protocol/encoding/malformed.ts';
import { bytes } from '../reference.ts';

const HASH = '0123456789abcdef0123456789abcdef01234567';
const infoHash = new Uint8Array(Buffer.from(HASH, 'hex'));
const saying = (...lines: readonly string[]): Uint8Array =>
  bytes(`BT-SEARCH * HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n\r\n`);

describe('local discovery', () => {
  it('is written as BEP 14 has it', () => {
    const text =
      'BT-SEARCH * HTTP/1.1\r\nHost: 239.192.152.143:6771\r\nPort: 6881\r\n' +
      `Infohash: ${HASH}\r\ncookie: us\r\n\r\n\r\n`;
    expect(Buffer.from(encodeLsd({ port: 6881, infoHashes: [infoHash], cookie: 'us' }, 4)).toString()).toBe(text);
    expect(Buffer.from(encodeLsd({ port: 1, infoHashes: [infoHash] }, 6)).toString()).toContain(
      '\r\nHost: [ff15::efc0:988f]:6771\r\nPort: 1\r\n',
    );
  });

  it('comes back as it was', () => {
    const announce = fc.record(
      {
        port: fc.integer({ min: 1, max: 65_535 }),
        infoHashes: fc.array(fc.uint8Array({ minLength: 20, maxLength: 20 }), { minLength: 1, maxLength: 20 }),
        cookie: fc.stringMatching(/^[0-9a-z]{1,64}$/),
      },
      { requiredKeys: ['port', 'infoHashes'] },
    );
    fc.assert(
      fc.property(
        announce,
        fc.constantFrom(4 as const, 6 as const),
        (said, family) => void expect(decodeLsd(encodeLsd(said, family))).toEqual(said),
      ),
    );
  });

  it('has headers in any order and case, and others', () => {
    const theirs = saying(
      'COOKIE:  them\t',
      `infoHash:${HASH.toUpperCase()}`,
      'X-Other: 1',
      'PORT: 7',
      'nonsense',
      ': ',
      `Infohash: ${HASH}`,
    );
    expect(decodeLsd(theirs)).toEqual({ port: 7, infoHashes: [infoHash, infoHash], cookie: 'them' });
  });

  it('passes over hashes that are none', () => {
    expect(
      decodeLsd(saying('Port: 7', 'Infohash: 1234', `Infohash: ${HASH}0`, `Infohash: ${HASH}`)).infoHashes,
    ).toEqual([infoHash]);
  });

  it.each<[string, Uint8Array]>([
    ['nothing', new Uint8Array()],
    ['another request', bytes(`M-SEARCH * HTTP/1.1\r\nPort: 7\r\nInfohash: ${HASH}\r\n\r\n`)],
    ['no port', saying(`Infohash: ${HASH}`)],
    ['port 0', saying('Port: 0', `Infohash: ${HASH}`)],
    ['port 65536', saying('Port: 65536', `Infohash: ${HASH}`)],
    ['a port that is none', saying('Port: -1', `Infohash: ${HASH}`)],
    ['no hash', saying('Port: 7')],
    ['too much', saying('Port: 7', `Infohash: ${HASH}`, 'x'.repeat(MAX_LSD_BYTES))],
    ['bytes', new Uint8Array(1400).fill(0xff)],
  ])('is not %s', (_, datagram) => {
    expect(() => decodeLsd(datagram)).toThrow(Malformed);
  });

  it('is bounded', () => {
    const { infoHashes } = decodeLsd(saying('Port: 7', ...new Array<string>(26).fill(`Infohash:${HASH}`)));
    expect(infoHashes.length).toBeLessThanOrEqual(MAX_LSD_HASHES);
    expect(decodeLsd(saying('Port: 7', `Infohash: ${HASH}`, `cookie: ${'x'.repeat(900)}`)).cookie).toHaveLength(
      MAX_COOKIE,
    );
  });
});
