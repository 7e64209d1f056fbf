// Finds the command line in one file beside this one, and what V8 made of it when it was built: then nothing is parsed or compiled at a start.
'use strict';
const fs = require('node:fs');
const Module = require('node:module');
const path = require('node:path');
const vm = require('node:vm');

const file = path.join(__dirname, 'rxtorrent.cjs');
/** Code that one Node has compiled is of no use to another. */
const compiled = path.join(__dirname, `rxtorrent.${process.version}.${process.platform}.${process.arch}.bin`);

const read = (name) => {
  try {
    return fs.readFileSync(name);
  } catch {
    return undefined;
  }
};

const script = (cachedData) => new vm.Script(Module.wrap(fs.readFileSync(file, 'utf8')), { filename: file, cachedData });

/** `main`, `start` and `swarm`: each runs its part of the program. */
const load = () => {
  const cachedData = read(compiled);
  if (cachedData === undefined) {
    // Node 22.1 and later keep compiled code between runs.
    Module.enableCompileCache?.();
    return require(file);
  }
  const loaded = { exports: {} };
  // With other flags V8 refuses what was compiled, and compiles anew.
  script(cachedData).runInThisContext()(loaded.exports, require, loaded, file, __dirname);
  return loaded.exports;
};

module.exports = { compiled, load, script };
