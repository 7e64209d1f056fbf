import { defineConfig } from 'vitest/config';

/** These share a process: they open nothing, and a process for each file takes longer than most of what it does. */
const PURE = ['marbles/**/*.marbles.ts', 'test/{protocol,torrent,house}/**/*.test.ts', 'test/*.test.ts'];
/** Far away from this project. */
const NEVER = ['test/interop/**', 'node_modules/**', 'dist/**'];

export default defineConfig({
  test: {
    // A test that hangs fails; one on a busy machine does not.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    globalSetup: 'test/home.ts',
    // Most of them wait for others more than for a processor.
    maxWorkers: '100%',
    // Nothing that a test starts asks the real DHT or the local network, or is called from there.
    env: { RXTORRENT_NO_DHT: '1', RXTORRENT_NO_LSD: '1', RXTORRENT_NO_LISTEN: '1' },
    projects: [
      { extends: true, test: { name: 'pure', include: PURE, exclude: NEVER, isolate: false } },
      { extends: true, test: { name: 'real', include: ['test/**/*.test.ts'], exclude: [...PURE, ...NEVER] } },
    ],
  },
});
