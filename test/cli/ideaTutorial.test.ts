import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { contentOf } from '../swarm/content.ts';
import { peer } from '../swarm/fixture.ts';
import { folder, objects, run } from './run.ts';

const README = fileURLToPath(new URL('../../marbles/strategies/README.md', import.meta.url));
const SECTION = '## From an idea for a strategy to a table';

const section = (): string => (readFileSync(README, 'utf8').split(SECTION)[1] ?? '').split('\n## ')[0] ?? '';
const blocks = (language: string): readonly string[] =>
  [...section().matchAll(new RegExp(`\`\`\`${language}\n([^\`]*)\`\`\``, 'g'))].map(([, block = '']) =>
    block.trimEnd(),
  );

/** As the README says, but small: what is compared is a matter of the lab, and takes its time. */
const small = (command: string): readonly string[] =>
  command
    .replace(/--seeds \d+/, '--seeds 1')
    .replace(/--size \d+M/, '--size 1M')
    .split(/ +/)
    .slice(1);

it('marbles/strategies/README.md leads from an idea for a strategy to a table', async () => {
  const home = folder();
  const content = contentOf({ length: 8 * 65_536, pieceLength: 65_536 });
  const seed = await peer(content);
  writeFileSync(join(home, 'some.torrent'), content.metainfo);
  const [mine = ''] = blocks('js');
  writeFileSync(join(home, 'mine.mjs'), mine);
  const env = { RXTORRENT_NO_TRACKERS: '1', RXTORRENT_PEER: `127.0.0.1:${seed.port}` };
  const [shown = ''] = /^flash, \d+ seeds$[^`]*/m.exec(section()) ?? [];
  const rows = (table: string): readonly string[] => [...table.matchAll(/^[a-z]+(?= {2})/gm)].map(([name]) => name);
  const commands = blocks('sh').flatMap((block) => block.split('\n'));
  expect(commands).toHaveLength(6);
  for (const command of commands) {
    const args = small(command);
    const { code, stdout, stderr } = await run(args, { cwd: home, env: args[0] === 'download' ? env : {} });
    expect({ command, code, stderr: args[0] === 'download' ? '' : stderr }).toEqual({ command, code: 0, stderr: '' });
    if (command.includes('--json')) expect(objects(stdout).filter(({ type }) => type === 'compared')).toHaveLength(8);
    else if (args[0] === 'compare') expect(rows(stdout)).toEqual(rows(shown));
  }
  expect(rows(shown)).toHaveLength(8);
});
