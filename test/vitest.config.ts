import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts', 'marbles/**/*.marbles.ts'],
    exclude: ['test/interop/**', 'node_modules/**', 'dist/**'],
    testTimeout: 30_000,
    hookTimeout: 30_000,
    globalSetup: 'test/home.ts',
    // Nothing that a test starts asks the real DHT or the local network, or is called from there.
    env: { RXTORRENT_NO_DHT: '1', RXTORRENT_NO_LSD: '1', RXTORRENT_NO_LISTEN: '1' },
  },
});
