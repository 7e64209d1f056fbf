import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { aliases } from '../../src/cli/args/aliases.ts';
import { commands } from '../../src/cli/commandTable.ts';
import { bash } from '../../src/cli/completion/bash.ts';
import { fish } from '../../src/cli/completion/fish.ts';
import { completed } from '../../src/cli/completion/words.ts';
import { zsh } from '../../src/cli/completion/zsh.ts';
import { groups, overviewLines } from '../../src/cli/help.ts';
import { columns } from '../../src/cli/io/text.ts';
import { folder, run, told as toldBy } from './run.ts';

const names = Object.keys(commands);
const told = groups.flatMap(([, briefs]) => Object.keys(briefs));

describe('--help', () => {
  it('has every command once, by its job, on one screen of 80 × 24 with room for the prompt', () => {
    expect(names.filter((name) => !told.includes(name))).toEqual([]);
    expect(new Set(told).size).toBe(told.length);
    const lines = overviewLines();
    expect(lines.length).toBeLessThanOrEqual(23);
    expect(lines.filter((line) => columns(line) > 80 || line.includes('…'))).toEqual([]);
    for (const name of names) expect(lines.filter((line) => line.slice(7).startsWith(`${name} `))).toHaveLength(1);
  });

  it('is what the command prints, without an error, and so does help', async () => {
    const overview = await run(['--help']);
    expect(overview).toEqual({ code: 0, stderr: '', stdout: `${overviewLines().join('\n')}\n` });
    expect(await run(['help'])).toEqual(overview);
    expect(await run(['help', 'decode'])).toEqual(await run(['decode', '--help']));
    expect(await run(['help', 'inof'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('did you mean rxtorrent info?') as string,
    });
  });

  it.each(names)('of %s has two examples whose options it knows', (name) => {
    const { examples, options, usage } = commands[name] ?? { examples: [], options: {}, usage: '' };
    expect(usage.split(' ')[0]).toBe(name);
    expect(examples.length).toBeGreaterThanOrEqual(2);
    for (const [line, about] of examples) {
      expect(line).toContain('$0');
      expect(about).not.toBe('');
      for (const [, option = ''] of line.split('|')[0]?.matchAll(/ --([a-z-]+)/g) ?? [])
        expect(Object.keys(options)).toContain(option);
    }
  });

  it.each(names)('of %s explains each argument and each option', (name) => {
    const { usage, positionals, options } = commands[name] ?? expect.unreachable();
    const named = [...usage.matchAll(/[<[](\w+)(\.\.)?[>\]]/g)];
    expect(named.map(([, argument]) => argument)).toEqual(Object.keys(positionals));
    for (const [, argument = '', several] of named) {
      const about = positionals[argument]?.describe ?? '';
      expect(about).toMatch(/^[A-Z.]/);
      if (several !== undefined) expect(about).toMatch(/several|^More/);
    }
    for (const [option, { describe: about = '', apart }] of Object.entries(options)) {
      expect(about, option).toMatch(/^[A-Z.]\S* ?/);
      if (apart !== undefined && option !== 'verbose') expect(about, option).toMatch(/; may be repeated$/);
      // Times have units, and an example of one.
      if (/timeout|seed-time|seed-idle/.test(option)) expect(about, option).toMatch(/\d(s|m)\b/);
    }
  });

  it('of a command shows them', async () => {
    const { code, stdout, stderr } = await run(['download_piece', '--help']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    for (const text of [
      'rxtorrent download_piece <source> <index>',
      'Examples:',
      '  rxtorrent download_piece debian.iso.torrent 0 -o first.bin\n      the first piece\n',
      '--max-peers',
      '-v, --verbose',
    ])
      expect(stdout).toContain(text);
  });
});

describe('names of before', () => {
  it.each(Object.entries(aliases))('%s is %s', async (alias, name) => {
    expect(names).toContain(name);
    expect(names).not.toContain(alias);
    expect(await run([alias])).toEqual(await run([name]));
  });

  it('are suggested as well', async () => {
    expect(await run(['magnet_donwload'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('did you mean rxtorrent magnet_download?') as string,
    });
  });
});

describe('completion', () => {
  const all = completed(commands, aliases);

  /** What bash offers for the last of `words`. */
  const offered = (words: readonly string[], where = folder()): string[] => {
    const asked = `COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _rxtorrent; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const script = `${bash(all)}\n${asked}`;
    const { stdout, stderr } = spawnSync('bash', ['-c', script, 'bash', 'rxtorrent', ...words], {
      cwd: where,
      encoding: 'utf8',
    });
    expect(stderr).toBe('');
    return stdout.split('\n').slice(0, -1);
  };

  it.each<[words: string[], offers: string[]]>([
    [['dow'], ['download', 'download_piece']],
    [['magnet_'], ['magnet_handshake', 'magnet_parse', 'magnet_download', 'magnet_info', 'magnet_download_piece']],
    [['magnet_info', '--pie'], ['--pieces']],
    [['--v'], ['--version']],
    [['download', '--max-p'], ['--max-peers']],
    [
      ['download', 'x.torrent', '--order', ''],
      ['rarest', 'sequential'],
    ],
    [['--json', 'info', '--pie'], ['--pieces']],
    [
      ['completion', ''],
      ['bash', 'zsh', 'fish'],
    ],
    [['download', '--port', ''], ['']],
    [['decode', ''], ['']],
  ])('of bash: %j', (words, offers) => {
    expect(offered(words)).toEqual(offers);
  });

  it('of bash: files, spaces and all', () => {
    const home = folder();
    writeFileSync(join(home, 'a b.torrent'), '');
    mkdirSync(join(home, 'a c'));
    expect(offered(['info', 'a'], home).sort()).toEqual(['a b.torrent', 'a c']);
    expect(offered(['download', 'x', '-o', 'a c'], home)).toEqual(['a c']);
  });

  it('of zsh and fish names every command and every option', () => {
    for (const { name, about, options } of all) {
      expect(fish(all)).toContain(`-a ${name} -d '${about.replaceAll("'", "\\'")}'`);
      expect(zsh(all)).toContain(`    ${name})\n`);
      for (const option of options) {
        expect(fish(all)).toContain(`__fish_seen_subcommand_from ${name}' -l ${option.name}`);
        expect(zsh(all)).toContain(`--${option.name}`);
      }
    }
    // Quotes come in pairs: an apostrophe in a text would not.
    for (const line of zsh(all).split('\n'))
      expect((line.replaceAll(`'\\''`, '').match(/'/g) ?? []).length % 2, line).toBe(0);
    for (const line of fish(all).split('\n'))
      expect((line.replaceAll(`\\'`, '').match(/'/g) ?? []).length % 2, line).toBe(0);
  });

  it('is a command', async () => {
    expect(await run(['completion', 'bash'])).toEqual({ code: 0, stderr: '', stdout: `${bash(all)}\n` });
    expect(toldBy((await run(['completion', 'zsh', '--json'])).stdout)).toEqual([
      { type: 'completion', shell: 'zsh', script: zsh(all) },
    ]);
    expect((await run(['completion', 'fish'])).stdout).toBe(`${fish(all)}\n`);
    expect(await run(['completion', 'tcsh'])).toMatchObject({
      code: 2,
      stderr: 'rxtorrent: completion: "tcsh": expected bash, zsh, fish\n',
    });
  });
});
