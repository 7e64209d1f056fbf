import { describe, expect, it } from 'vitest';
import { run } from './run.ts';

describe('--proxy', () => {
  it('is refused with one line that does not show it, as there may be a password in it', async () => {
    const hash = 'a'.repeat(40);
    for (const bad of ['ftp://me:secret@10.0.0.1', 'socks4a://me:secret@10.0.0.1', 'socks5://me:secret@']) {
      const { code, stderr } = await run(['download', hash, '--proxy', bad]);
      expect([code, stderr]).toEqual([2, expect.stringMatching(/^[^\n]*--proxy: expected socks5:[^\n]*\n$/)]);
      expect(stderr).not.toContain('secret');
    }
    const { stderr } = await run(['download', hash], { env: { RXTORRENT_PROXY: 'me:secret@there' } });
    expect(stderr).toMatch(/RXTORRENT_PROXY: expected socks5:/);
    expect(stderr).not.toContain('secret');
  });
});
