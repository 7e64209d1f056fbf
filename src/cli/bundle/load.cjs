// Finds the command line in one file beside this one, and what V8 made of it when it was built: then nothing is parsed or compiled at a start.
// An old Node has to understand this file, to say that it is too old: so it is ES5, and names nothing that is newer before it has looked.
'use strict';

/** As `engines` in package.json has it. */
var NEEDED = [20, 19];

/** Is `version`, such as 18.12.0, too old for us? */
var tooOld = function (version) {
  var parts = version.split('.').map(Number);
  return parts[0] < NEEDED[0] || (parts[0] === NEEDED[0] && parts[1] < NEEDED[1]);
};

/** Has the user asked for JSON? Nothing else is parsed. */
var wantsJson = function () {
  var args = process.argv.slice(2);
  var end = args.indexOf('--');
  var asked = process.env.RXTORRENT_JSON;
  return (
    (end < 0 ? args : args.slice(0, end)).some(function (arg) {
      return arg === '--json' || arg === '--json=true';
    }) ||
    (asked !== undefined && asked !== '' && asked !== '0' && asked !== 'false')
  );
};

/** One line about what to do, and the exit code of what the user can mend. */
var refuse = function (version) {
  var message =
    'needs Node ' + NEEDED.join('.') + ' or newer (this is ' + version + '): get it from https://nodejs.org';
  if (wantsJson()) {
    var time = new Date().toISOString();
    var ours = require('../../../package.json').version;
    console.log(JSON.stringify({ type: 'start', time: time, command: '', version: ours }));
    var error = { type: 'error', time: time, name: 'InputError', code: 'unsupported', message: message };
    console.log(JSON.stringify(error));
    console.log(JSON.stringify({ type: 'end', time: time, reason: 'error', exitCode: 2, seconds: 0 }));
  }
  console.error('rxtorrent: ' + message);
  process.exitCode = 2;
};

/** For the parts of a program that does not run. */
var nothing = function () {};

var file = require('path').join(__dirname, 'rxtorrent.cjs');
/** Code that one Node has compiled is of no use to another. */
var made = 'rxtorrent.' + process.version + '.' + process.platform + '.' + process.arch + '.bin';
var compiled = require('path').join(__dirname, made);

/** Opens a file, or not if there is none. */
var opened = function (name) {
  try {
    return require('fs').openSync(name, 'r');
  } catch (error) {
    return undefined;
  }
};

/** Reads all of an open file into `buffer` from `at` on, and closes it: how many bytes there were. */
var readInto = function (buffer, at, fd) {
  var fs = require('fs');
  var from = at;
  var read;
  do {
    read = fs.readSync(fd, buffer, from, buffer.length - from, null);
    from += read;
  } while (read > 0 && from < buffer.length);
  fs.closeSync(fd);
  return from - at;
};

/**
 * The command line, compiled, or what was compiled of it at its build, which `cached` is open at. Both are read into one
 * buffer, and nothing is joined to the text later: at a start fresh memory takes longer than what is done with it.
 */
var script = function (cached) {
  var fs = require('fs');
  var around = require('module').wrap('|').split('|');
  var fd = fs.openSync(file, 'r');
  var longest = Math.max(fs.fstatSync(fd).size, cached === undefined ? 0 : fs.fstatSync(cached).size);
  var buffer = Buffer.allocUnsafeSlow(around.join('').length + longest);
  var end = buffer.latin1Write(around[0], 0);
  end += readInto(buffer, end, fd);
  end += buffer.latin1Write(around[1], end);
  // It is ASCII: as such a megabyte is there sooner, and takes half the memory.
  var text = buffer.latin1Slice(0, end);
  var data = cached === undefined ? undefined : buffer.subarray(0, readInto(buffer, 0, cached));
  return new (require('vm').Script)(text, { filename: file, cachedData: data });
};

/** The parts of `loaded`, which may be run more than once. */
var run = function (loaded) {
  var made = { exports: {} };
  loaded.runInThisContext()(made.exports, require, made, file, __dirname);
  return made.exports;
};

/** `main`, `start` and `swarm`: each runs its part of the program. */
var load = function () {
  var version = process.version.replace(/^v/, '');
  if (tooOld(version)) {
    refuse(version);
    return { main: nothing, start: nothing, swarm: nothing };
  }
  var cached = opened(compiled);
  if (cached === undefined) {
    var Module = require('module');
    // Node 22.1 and later keep compiled code between runs.
    if (Module.enableCompileCache) Module.enableCompileCache();
    return require(file);
  }
  // With other flags V8 refuses what was compiled, and compiles anew.
  return run(script(cached));
};

module.exports = { compiled: compiled, load: load, run: run, script: script };
