import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { readBytes } from '../../../src/cli/input/files.ts';
import { folder } from '../run.ts';

const io = { stopped: new AbortController().signal };

describe('readBytes', () => {
  it.each([0, 1, 91, 65_535, 65_536, 65_537, 300_000])('reads a file of %i bytes', async (size) => {
    const path = join(folder(), 'a.torrent');
    const bytes = randomBytes(size);
    writeFileSync(path, bytes);
    expect(Buffer.compare(await readBytes(path, io), bytes)).toBe(0);
  });

  it('reads what has no size', async () => {
    expect(Buffer.from(await readBytes('/proc/self/stat', io)).toString('latin1')).toMatch(/^\d+ \(/);
  });

  it('takes no more memory for a small file than it has bytes: a thousand of them are read at a start', async () => {
    const path = join(folder(), 'a.torrent');
    writeFileSync(path, randomBytes(91));
    const allocated = vi.spyOn(Buffer, 'allocUnsafe');
    try {
      await readBytes(path, io);
      expect(Math.max(...allocated.mock.calls.map(([size]) => size))).toBeLessThan(200);
    } finally {
      allocated.mockRestore();
    }
  });
});
