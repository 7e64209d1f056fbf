import { type ChildProcess, spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { toHex } from '../../src/protocol/encoding/id.ts';
import { encodeTorrent } from '../../src/torrent/metainfo/encodeTorrent.ts';
import { parseTorrent } from '../../src/torrent/metainfo/metainfo.ts';

/** The tracker's address in the namespace. */
export const HOST = '10.77.0.1';
export const TRACKER = `http://${HOST}:6969/announce`;
const CLI = process.env['MAIN'] ?? resolve('dist/src/cli/main.js');
const PIECE = 65_536;
/** What there is in a namespace of `run.sh`. */
const OURS: ReadonlySet<string> = new Set(['lo', 'rxlan0', 'rxlan1']);

export interface Content {
  readonly name: string;
  readonly files: readonly { readonly path: readonly string[]; readonly bytes: Uint8Array }[];
  /** Path of the .torrent. */
  readonly torrent: string;
  /** In hex. */
  readonly infoHash: string;
  /** Of version 2 of a hybrid, as trackers take it. */
  readonly other?: string;
}

/** Folders and processes of one test, all gone after `end`. */
export class World {
  readonly folder = mkdtempSync(join(tmpdir(), 'rxtorrent-interop-'));
  readonly #children: ChildProcess[] = [];

  constructor() {
    const others = Object.keys(networkInterfaces()).filter((name) => !OURS.has(name));
    if (others.length > 0)
      throw new Error(
        `interop tests run in a network namespace of their own (test/interop/run.sh); here is also ${others.join(' ')}`,
      );
  }

  path(...parts: readonly string[]): string {
    return join(this.folder, ...parts);
  }

  /** A torrent of random bytes: one file, or a folder with several. Of the tracker, if not said otherwise. */
  content(name: string, sizes: readonly number[], announce?: readonly (readonly string[])[]): Content {
    const single = sizes.length === 1;
    const files = sizes.map((size, index) => ({
      path: single ? [name] : [`part ${index % 2}`, `file-${index}.bin`],
      bytes: new Uint8Array(randomBytes(size)),
    }));
    return this.contentOf(name, files, announce);
  }

  /** A torrent of these files. */
  contentOf(name: string, files: Content['files'], announce: readonly (readonly string[])[] = [[TRACKER]]): Content {
    const single = files.length === 1;
    const all = Buffer.concat(files.map(({ bytes }) => bytes));
    const pieceHashes = Buffer.concat(
      Array.from({ length: Math.ceil(all.length / PIECE) }, (_, index) =>
        createHash('sha1')
          .update(all.subarray(index * PIECE, (index + 1) * PIECE))
          .digest(),
      ),
    );
    const layout = single
      ? { length: all.length }
      : { files: files.map(({ path, bytes }) => ({ path, length: bytes.length })) };
    const torrent = this.path(`${name}.torrent`);
    const bytes = encodeTorrent({
      name,
      pieceLength: PIECE,
      pieceHashes: new Uint8Array(pieceHashes),
      ...(announce.length > 0 && { announce }),
      ...layout,
    });
    writeFileSync(torrent, bytes);
    return { name, files, torrent, infoHash: toHex(parseTorrent(bytes).infoHash) };
  }

  /**
   * Puts the content into `folder`, where a client that seeds it looks for it; pieces for which `keep` does not hold
   * are zero.
   */
  lay(content: Content, folder: string, keep: (piece: number) => boolean = () => true): string {
    let offset = 0;
    for (const { path, bytes } of content.files) {
      const file = this.path(folder, ...(content.files.length > 1 ? [content.name] : []), ...path);
      mkdirSync(dirname(file), { recursive: true });
      const kept = new Uint8Array(bytes);
      for (let at = 0; at < kept.length; at++) if (!keep(Math.floor((offset + at) / PIECE))) kept[at] = 0;
      writeFileSync(file, kept);
      offset += bytes.length;
    }
    return this.path(folder);
  }

  /** Is all of the content in `folder`? */
  holds(content: Content, folder: string): boolean {
    return content.files.every(({ path, bytes }) => {
      const file = readFileSync(this.path(folder, ...(content.files.length > 1 ? [content.name] : []), ...path));
      return file.equals(bytes);
    });
  }

  start(command: string, ...args: readonly string[]): ChildProcess {
    // What a program keeps for its next run is of this test only; and nobody's RXTORRENT_NO_DHT takes away what a test
    // is about.
    const kept = Object.entries(process.env).filter(([name]) => !name.startsWith('RXTORRENT_'));
    const env = { ...Object.fromEntries(kept), XDG_STATE_HOME: this.path('state') };
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], cwd: this.folder, env });
    child.stdout?.resume();
    child.stderr?.resume();
    this.#children.push(child);
    return child;
  }

  /** Our own CLI, for as long as the test. */
  ours(...args: readonly string[]): ChildProcess {
    return this.start(process.execPath, CLI, ...args);
  }

  /** The pieces of the content that are in `folder`. */
  pieces(content: Content, folder: string): ReadonlySet<number> {
    const all = Buffer.concat(content.files.map(({ bytes }) => bytes));
    const there = Buffer.alloc(all.length);
    let offset = 0;
    for (const { path, bytes } of content.files) {
      try {
        readFileSync(this.path(folder, ...(content.files.length > 1 ? [content.name] : []), ...path)).copy(
          there,
          offset,
        );
      } catch {
        // Not yet.
      }
      offset += bytes.length;
    }
    const held = Array.from({ length: Math.ceil(all.length / PIECE) }, (_, index) => index);
    return new Set(
      held.filter((index) =>
        all.subarray(index * PIECE, (index + 1) * PIECE).equals(there.subarray(index * PIECE, (index + 1) * PIECE)),
      ),
    );
  }

  /** Our own CLI; resolves when it has ended by itself. */
  run(
    ...args: readonly string[]
  ): Promise<{ readonly code: number | null; readonly out: string; readonly err: string }> {
    const child = this.start(process.execPath, CLI, ...args);
    let out = '';
    let err = '';
    child.stdout?.on('data', (chunk: Buffer) => (out += chunk.toString()));
    child.stderr?.on('data', (chunk: Buffer) => (err += chunk.toString()));
    return new Promise((done) => child.once('close', (code) => done({ code, out, err })));
  }

  end(): Promise<void> {
    return this.stop().then(() => rmSync(this.folder, { recursive: true, force: true }));
  }

  /** To all programs that run. */
  signal(signal: NodeJS.Signals): void {
    for (const child of this.#children) if (child.exitCode === null && child.signalCode === null) child.kill(signal);
  }

  /** Kills the programs whose arguments are such; all if not said. */
  async stop(which: (args: readonly string[]) => boolean = () => true): Promise<void> {
    const chosen = this.#children.filter(({ spawnargs }) => which(spawnargs));
    await Promise.all(
      chosen.map(async (child) => {
        if (child.exitCode !== null || child.signalCode !== null) return;
        const closed = new Promise((done) => child.once('exit', done));
        child.kill('SIGKILL');
        await closed;
      }),
    );
  }
}

/** Waits until somebody listens. */
export const listening = async (port: number, host = HOST): Promise<void> => {
  for (let tries = 0; tries < 200; tries++) {
    const open = await new Promise<boolean>((done) => {
      const socket = connect({ host, port });
      socket.once('connect', () => done(true)).once('error', () => done(false));
      socket.once('close', () => socket.destroy());
      setTimeout(() => socket.destroy(), 200);
    });
    if (open) return;
    await new Promise((done) => setTimeout(done, 100));
  }
  throw new Error(`nobody listens at ${host}:${port}`);
};
