import { homedir, tmpdir } from 'node:os';
import { dirname } from 'node:path';
import { describe, expect, it } from 'vitest';
import { defaultNodeFile } from '../src/cli/input/nodeFile.ts';

describe('the home of the tests', () => {
  it('is a folder of this run alone, and what programs keep is in it', () => {
    expect(dirname(tmpdir())).toBe(homedir());
    expect(defaultNodeFile().startsWith(homedir())).toBe(true);
    expect(defaultNodeFile({}).startsWith(homedir())).toBe(true);
  });
});
