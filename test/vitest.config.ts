import os from 'node:os';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['marbles/**/*.marbles.ts', 'test/**/*.test.ts'],
    exclude: ['test/interop/**', 'node_modules/**', 'dist/**'],
    // A test that hangs fails; one on a busy machine does not.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    globalSetup: 'test/home.ts',
    // Most of them wait for others more than for a processor.
    maxWorkers: 2 * os.availableParallelism(),
    // A process for each file takes longer than most of what the file does.
    isolate: false,
    // Nothing that a test starts asks the real DHT or the local network, or is called from there.
    env: { RXTORRENT_NO_DHT: '1', RXTORRENT_NO_LSD: '1', RXTORRENT_NO_LISTEN: '1' },
  },
});
