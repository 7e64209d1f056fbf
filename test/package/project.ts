import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The checkout. */
export const TOP = fileURLToPath(new URL('../..', import.meta.url));
const modules = join(TOP, 'node_modules');

export interface Finished {
  readonly code: number | null;
  /** stdout and stderr, as they came. */
  readonly said: string;
}

/** Runs a program in `cwd`. Nothing of the environment but the path and the home of all tests is given to it. */
const run = (
  program: string,
  args: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>> = {},
): Promise<Finished> =>
  new Promise((resolve, reject) => {
    const { PATH, HOME, XDG_STATE_HOME } = process.env;
    const child = spawn(program, args, { cwd, env: { PATH, HOME, XDG_STATE_HOME, ...env } });
    let said = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => (said += text));
    child.stdin.end();
    child.on('error', reject).on('close', (code) => resolve({ code, said }));
  });

/** Runs Node in `cwd`. */
export const node = (args: readonly string[], cwd: string, env?: Readonly<Record<string, string>>): Promise<Finished> =>
  run(process.execPath, args, cwd, env);

/** A program of a package in the checkout: `program('vitest/vitest.mjs')`. */
export const program = (path: string): string => join(modules, path);

/** A folder that goes away with the home of all tests. */
const temporary = (): string => mkdtempSync(join(process.env['HOME'] ?? tmpdir(), 'package-'));

let made: Promise<string> | undefined;

/** The tarball, as `npm publish` would send it, made of the `dist` that is there: once in each process. */
export const tarball = (): Promise<string> => {
  made ??= (async () => {
    const folder = temporary();
    // Its scripts would build `dist` anew under the feet of tests that use it.
    const args = ['pack', '--ignore-scripts', '--offline', '--no-update-notifier', '--pack-destination', folder];
    const { code, said } = await run('npm', args, TOP);
    if (code !== 0) throw new Error(said);
    return join(folder, readdirSync(folder)[0] ?? '');
  })();
  return made;
};

export interface ProjectOptions {
  /** The package that is RxJS there. */
  readonly rxjs?: 'rxjs' | 'rxjs-7.8.1';
  /** Packages that it has beside ours, RxJS, and what they need. */
  readonly packages?: readonly string[];
}

/** A fresh project that has installed the tarball: its folder. */
export const project = async ({ rxjs = 'rxjs', packages = [] }: ProjectOptions = {}): Promise<string> => {
  const folder = temporary();
  const installed = join(folder, 'node_modules');
  mkdirSync(installed);
  const { code, said } = await run('tar', ['xzf', await tarball(), '-C', installed], TOP);
  if (code !== 0) throw new Error(said);
  renameSync(join(installed, 'package'), join(installed, 'rxtorrent'));
  const link = (from: string, to = from): void => {
    mkdirSync(dirname(join(installed, to)), { recursive: true });
    symlinkSync(join(modules, from), join(installed, to));
  };
  link(rxjs, 'rxjs');
  for (const name of ['bencode', ...packages]) link(name);
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'fresh', private: true, type: 'module' }));
  return folder;
};

export interface Compilation {
  readonly resolution: 'nodenext' | 'bundler';
  /** Names of packages with types that are there without being imported. */
  readonly types?: readonly string[];
  /** Only these files. */
  readonly include?: readonly string[];
}

/** Compiles all `.ts` of a project, strictly, with all declarations checked, beside them. */
export const compile = (
  folder: string,
  { resolution, types = [], include = ['*.ts'] }: Compilation,
): Promise<Finished> => {
  const options = {
    strict: true,
    target: 'es2022',
    module: resolution === 'bundler' ? 'esnext' : resolution,
    moduleResolution: resolution,
    skipLibCheck: false,
    noUncheckedIndexedAccess: true,
    exactOptionalPropertyTypes: true,
    types,
    // As a library that is built on top: what it exports is made of names that it can import.
    declaration: true,
  };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions: options, include }));
  return node([program('typescript7/bin/tsc'), '-p', '.'], folder);
};
