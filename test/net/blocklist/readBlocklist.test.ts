import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { MAX_LIST_BYTES, readBlocklist } from '../../../src/net/blocklist/readBlocklist.ts';
import { Malformed } from '../../../src/protocol/encoding/malformed.ts';

const list = Buffer.from('# a list\nx:192.0.2.0-192.0.2.255\n');

describe('a blocklist', () => {
  it('is read as it is, and unpacked', () => {
    for (const bytes of [list, gzipSync(list)]) expect(readBlocklist(bytes).ranges.has('192.0.2.7')).toBe(true);
    expect(readBlocklist(Buffer.from('')).ranges.size).toBe(0);
  });

  it('is refused if it is none, is broken, or is too long once unpacked', () => {
    const bomb = gzipSync(Buffer.alloc(MAX_LIST_BYTES + 1));
    const cut = gzipSync(list).subarray(0, 20);
    for (const bytes of [bomb, cut, Buffer.from('<html>\n<body>'), Buffer.alloc(MAX_LIST_BYTES + 1)])
      expect(() => readBlocklist(bytes)).toThrow(Malformed);
  });
});
