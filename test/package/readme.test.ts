import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { contentOf } from '../swarm/content.ts';
import { peer, tracker } from '../swarm/fixture.ts';
import { type Example, examplesOf } from './examples.ts';
import { compile, node, program, project, TOP } from './project.ts';

/** The pipe as it is quoted, which is compared with what it is quoted of elsewhere. */
const QUOTED = 'The sentence';
const READMES = ['README.md', 'operators/README.md', 'marbles/README.md', 'marbles/strategies/README.md'];
const draws = ({ code }: Example): boolean => /^import .* from 'vitest';$/m.test(code);

/** Each example as a program, by the name of its file. */
const programs: ReadonlyMap<string, Example> = new Map(
  READMES.flatMap((path) =>
    examplesOf(readFileSync(join(TOP, path), 'utf8'))
      .filter(({ under }) => under !== QUOTED)
      .map((example, n) => [`${path.replace(/\W/g, '-').toLowerCase()}-${n + 1}.ts`, example] as const),
  ),
);
const those = (wanted: (example: Example) => boolean): readonly string[] =>
  [...programs].filter(([, example]) => wanted(example)).map(([name]) => name);

/** What is downloaded in all of them, and where the peer is that some of them dial. */
const [CONTENT, PEER] = ['debian.iso', "'203.0.113.7', port: 6881"];
const content = contentOf({ name: CONTENT, length: 300_000 });
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

describe.each(['rxjs', 'rxjs-7.8.1'] as const)('the examples of all READMEs, with %s', (rxjs) => {
  let fresh: string;
  beforeAll(async () => {
    fresh = await project({ rxjs, packages: ['@types/node', 'vitest'] });
    for (const [name, { code }] of programs) writeFileSync(join(fresh, name), code);
  });

  it.each(['bundler', 'nodenext'] as const)('are compiled, as %s resolves', async (resolution) => {
    expect(await compile(fresh, { resolution, types: ['node'] })).toEqual({ code: 0, said: '' });
  });

  it.each(those((example) => !draws(example)))('%s runs', async (name) => {
    const seed = await peer(content, { unchokeAfter: 10 });
    const { url } = await tracker([seed]);
    const file = join(fresh, name.replace('.ts', '.js'));
    writeFileSync(file, readFileSync(file, 'utf8').replaceAll(PEER, `'127.0.0.1', port: ${seed.port}`));
    writeFileSync(join(fresh, 'debian.torrent'), contentOf({ name: CONTENT, length: 300_000, announce: url }).metainfo);
    const { code, said } = await node([file], fresh);
    expect(code, said).toBe(0);
    const folder = programs.get(name)?.code.includes("'downloads'") ? 'downloads' : '.';
    expect(sha256(readFileSync(join(fresh, folder, CONTENT)))).toBe(content.sha256);
  });

  it(`${those(draws).join(', ')}: they hold`, async () => {
    const names = those(draws).map((name) => name.replace('.ts', '.js'));
    const config = `export default { test: { include: ${JSON.stringify(names)} } };`;
    writeFileSync(join(fresh, 'vitest.config.js'), config);
    const { code, said } = await node([program('vitest/vitest.mjs'), 'run', '--root', '.'], fresh);
    expect(code, said).toBe(0);
    expect(said).toContain(`${names.length} passed`);
  });
});
