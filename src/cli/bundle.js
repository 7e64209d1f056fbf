// The command line as few files: it starts in two thirds of the time, and RxJS in its modern form costs less with every block.
// The library stays as tsc made it, since what imports it must share one RxJS with it.
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const cli = 'dist/src/cli';
const beside = (name) => fileURLToPath(new URL(name, import.meta.url));
const lazily = beside('lazyWidth.js');

/** What lays out help needs it only then. */
const lazyWidth = {
  name: 'lazy-width',
  setup: ({ onResolve }) => onResolve({ filter: /^string-width$/ }, ({ importer }) => (importer === lazily ? undefined : { path: lazily })),
};

const { outputFiles, metafile } = await build({
  entryPoints: ['main', 'start', 'demo/swarm'].map((name) => `${cli}/${name}.js`),
  outdir: cli,
  outbase: cli,
  // As deep as the modules they are made of, so that what is found beside these is found beside them.
  chunkNames: 'parts/[name]-[hash]',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  alias: { rxjs: fileURLToPath(new URL('../esm/index.js', import.meta.resolve('rxjs'))), 'escalade/sync': beside('noPackage.js') },
  plugins: [lazyWidth],
  legalComments: 'none',
  logLevel: 'warning',
  metafile: true,
  write: false,
});

// Each file would make a `require` of its own, at every start.
for (const { path: file, text } of outputFiles) if (text.includes('Dynamic require of')) throw new Error(`${file} needs require`);

fs.rmSync(cli, { recursive: true });
for (const { path: file, contents } of outputFiles) {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, contents);
}
fs.chmodSync(`${cli}/main.js`, 0o755);

/** Whose code is in there, and on what terms. */
const licences = [...new Set(Object.keys(metafile.inputs).map((input) => /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input)?.[1]))]
  .filter((folder) => folder !== undefined)
  .sort()
  .map((folder) => {
    const { name, version, license, author } = JSON.parse(fs.readFileSync(`${folder}/package.json`, 'utf8'));
    const file = fs.readdirSync(folder).find((each) => /^licen[cs]e/i.test(each));
    if (file === undefined && license === undefined) throw new Error(`${name} comes without a licence`);
    const terms = file === undefined ? `${license}, ${author?.name ?? author ?? 'its authors'}` : fs.readFileSync(`${folder}/${file}`, 'utf8').trim();
    return `${name} ${version}\n\n${terms}\n`;
  });
fs.writeFileSync(`${cli}/LICENCES.txt`, licences.join(`\n${'-'.repeat(72)}\n\n`));
