// The command line as one file, and with it what V8 makes of it: it starts much sooner, and RxJS in its modern form
// costs less with every block. The library stays as tsc made it, since what imports it must share one RxJS with it.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { createRequire, isBuiltin } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import v8 from 'node:v8';
import { build } from 'esbuild';
import { licences } from './licences.js';
import { smallSubscriptions } from './smallSubscriptions.js';

// As esbuild names files, whatever links lead here.
const cli = fs.realpathSync('dist/src/cli');
const ours = fs.realpathSync('dist') + path.sep;
const hashing = 'dist/src/disk/hashing';
const beside = (name) => fileURLToPath(new URL(name, import.meta.url));
const lazily = beside('lazyWidth.js');

/** What lays out help needs it only then. */
const lazyWidth = {
  name: 'lazy-width',
  setup: ({ onResolve }) =>
    onResolve({ filter: /^string-width$/ }, ({ importer }) => (importer === lazily ? undefined : { path: lazily })),
};

/** Each module goes on finding what is beside it where it was. */
const whereItWas = {
  name: 'where-it-was',
  setup: ({ onLoad }) =>
    onLoad({ filter: /\.m?js$/ }, async (module) => {
      const text = await fs.promises.readFile(module.path, 'utf8');
      const place = module.path.startsWith(ours) ? path.relative(cli, module.path) : 'package.js';
      return text.includes('import.meta.url')
        ? { contents: text.replaceAll('import.meta.url', `__at(${JSON.stringify(place)})`) }
        : undefined;
    }),
};

/** Of all its spinners the two that we show: they would be a thirtieth of the whole. */
const fewSpinners = {
  name: 'few-spinners',
  setup: ({ onLoad }) =>
    onLoad({ filter: /cli-spinners.spinners\.json$/ }, async ({ path: file }) => {
      const { dots, line } = JSON.parse(await fs.promises.readFile(file, 'utf8'));
      return { contents: JSON.stringify({ dots, line }), loader: 'json' };
    }),
};

/** Parts of Node that a download from plain peers does without: each is loaded when something of it is used. */
const LATER = [
  'assert',
  'node:child_process',
  'node:dns',
  'node:fs/promises',
  'node:https',
  'node:perf_hooks',
  'node:tls',
  'node:v8',
  'node:worker_threads',
  'node:zlib',
];

const laterBuiltins = {
  name: 'later-builtins',
  setup: ({ onResolve, onLoad }) => {
    onResolve({ filter: /^(?:node:)?[\w/]+$/ }, ({ path: name, namespace }) => {
      if (namespace === 'later') return { path: name, external: true };
      return LATER.includes(name) ? { path: name, namespace: 'later' } : undefined;
    });
    onLoad({ filter: /./, namespace: 'later' }, async ({ path: name }) => ({
      contents: Object.keys(await import(name))
        .filter((key) => key !== 'default')
        .map((key) => `Object.defineProperty(exports,"${key}",{enumerable:true,get:()=>require("${name}").${key}});`)
        .join('\n'),
    }));
  },
};

/** Milliseconds after which the commands that are run to be compiled are given up. */
const WARMING = 60_000;

/** What runs each part: a file of its own, as Node and people know it. */
const PARTS = { main: 'main.js', start: 'start.js', swarm: 'demo/swarm.js' };

const { outputFiles, metafile } = await build({
  stdin: {
    contents: Object.entries(PARTS)
      .map(([name, file]) => `export const ${name} = () => import('./${file}');`)
      .join('\n'),
    resolveDir: cli,
  },
  outfile: `${cli}/rxtorrent.cjs`,
  bundle: true,
  format: 'cjs',
  platform: 'node',
  target: 'node20',
  supported: { 'dynamic-import': false },
  // At once: modules among these have a `__dirname` of their own.
  banner: {
    js: "const __at = ((folder) => (file) => require('node:url').pathToFileURL(`${folder}/${file}`).href)(__dirname);",
  },
  alias: {
    rxjs: fileURLToPath(new URL('../esm/index.js', import.meta.resolve('rxjs'))),
    'rxjs/internal': fileURLToPath(new URL('../esm/internal', import.meta.resolve('rxjs'))),
    'escalade/sync': beside('noPackage.js'),
  },
  plugins: [smallSubscriptions, lazyWidth, whereItWas, fewSpinners, laterBuiltins],
  charset: 'ascii',
  minifyWhitespace: true,
  minifySyntax: true,
  legalComments: 'none',
  logLevel: 'warning',
  metafile: true,
  write: false,
});

// A thread that finds its modules as the library does takes a fifth longer to start.
const WORKERS = ['digestWorker', 'verifyWorker', 'blocksWorker', 'bothWorker'].map((name) => `${hashing}/${name}`);
await build({
  entryPoints: WORKERS.map((name) => `${name}.js`),
  outdir: hashing,
  outExtension: { '.js': '.cjs' },
  bundle: true,
  format: 'cjs',
  platform: 'node',
  target: 'node20',
  charset: 'ascii',
  minifyWhitespace: true,
  logLevel: 'warning',
});
for (const name of WORKERS) for (const kind of ['js', 'd.ts']) fs.rmSync(`${name}.${kind}`, { force: true });

const NAMESPACE = 'var __toESM=(mod,isNodeMode,target)=>(';
for (const file of outputFiles) {
  const parts = file.text.split(NAMESPACE);
  if (parts.length !== 2) throw new Error(`esbuild writes __toESM in another way`);
  file.contents = Buffer.from(
    parts.join(
      'var __spaces=[new Map,new Map],__toESM=(mod,isNodeMode)=>{let seen=__spaces[isNodeMode?1:0],one=seen.get(mod);' +
        'return one===void 0&&seen.set(mod,one=__toNamespace(mod,isNodeMode)),one},' +
        '__toNamespace=(mod,isNodeMode,target)=>(',
    ),
  );
}

const missing = Object.values(metafile.outputs).flatMap(({ imports }) =>
  imports.filter((one) => one.external && !isBuiltin(one.path)),
);
if (missing.length > 0) throw new Error(`not in the bundle: ${missing.map(({ path }) => path).join(', ')}`);

// It is read as such.
for (const { path: file, text } of outputFiles) if (/[^\x00-\x7f]/.test(text)) throw new Error(`${file} is not ASCII`);

fs.rmSync(cli, { recursive: true });
fs.mkdirSync(`${cli}/demo`, { recursive: true });
for (const { path: file, contents } of outputFiles) fs.writeFileSync(file, contents);
fs.copyFileSync('src/events.schema.json', 'dist/src/events.schema.json');
fs.copyFileSync(beside('load.cjs'), `${cli}/load.cjs`);
fs.mkdirSync(`${cli}/bundle`);
fs.copyFileSync(beside('imported.cjs'), `${cli}/bundle/imported.cjs`);
// Modules start later than what Node calls CommonJS.
fs.writeFileSync(`${cli}/package.json`, '{ "type": "commonjs" }\n');
for (const [name, file] of Object.entries(PARTS)) {
  const load = path.relative(path.dirname(file), 'load.cjs');
  fs.writeFileSync(
    `${cli}/${file}`,
    `#!/usr/bin/env node\nvoid require('${load.startsWith('.') ? load : `./${load}`}').load().${name}();\n`,
  );
}
fs.chmodSync(`${cli}/main.js`, 0o755);
fs.writeFileSync(`${cli}/LICENCES.txt`, licences(Object.keys(metafile.inputs)));

const { compiled, script } = createRequire(import.meta.url)(`${cli}/load.cjs`);
// What everyday commands run is compiled; where none can be run, without sockets perhaps, all of it: that takes longer
// to read at a start.
const { status } = spawnSync(process.execPath, [beside('warm.js'), cli], {
  stdio: ['ignore', 'ignore', 'inherit'],
  timeout: WARMING,
});
if (status !== 0 || !fs.existsSync(compiled)) {
  v8.setFlagsFromString('--no-lazy');
  const whole = script();
  v8.setFlagsFromString('--lazy');
  fs.writeFileSync(compiled, whole.createCachedData());
}
