import os from 'node:os';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Files that take longest, the longest first: one that began last would be waited for by itself. */
const LONG = [
  'checks',
  'cli/json',
  'swarm/kill',
  'cli/ends',
  'cli/lastLine',
  'cli/seedContent',
  'cli/input/torrentUrl',
  'hostile/incoming',
  'cli/ownFiles',
].map((name) => `test/${name}.test.ts`);

/** Long ones, then drawings, whose modules most others need, then the rest, the largest first. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification): number => {
      const long = LONG.findIndex((file) => moduleId.endsWith(file));
      return long >= 0 ? long : LONG.length + Number(!moduleId.endsWith('.marbles.ts'));
    };
    return (await super.sort(files)).sort((a, b) => rank(a) - rank(b));
  }
}

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
    sequence: { sequencer: LongestFirst },
    // Nothing that a test starts asks the real DHT or the local network, or is called from there.
    env: {
      RXTORRENT_NO_DHT: '1',
      RXTORRENT_NO_LSD: '1',
      RXTORRENT_NO_LISTEN: '1',
      RXTORRENT_NO_PORT_MAPPING: '1',
      // A Node that is given more certificates reads them at its start, which takes as long as the rest of it.
      NODE_EXTRA_CA_CERTS: '',
    },
  },
});
