/** What each program begins with: a torrent, the world, and where it is downloaded to. */
export const BEGINNING = `
import { readFileSync } from 'node:fs';
import {
  concat, filter, firstValueFrom, lastValueFrom, map, type Observable, of, ReplaySubject, switchMap, take, tap, timer,
  toArray,
} from 'rxjs';
import {
  client, download, type DownloadOptions, type ExtensionChannel, memoryStorage, nodeEnv, openDownload, parseTorrent,
  type PeerAddress, rarestFirst,
} from 'rxtorrent';

const torrent = parseTorrent(readFileSync('content.torrent'));
const env = nodeEnv({ state: false });
const options = { target: { folder: process.argv[2] ?? '.' } };

/** A client of ours that has it and gives it, until somebody has all of it: where it is. */
const seeding = async (more: Partial<DownloadOptions>): Promise<PeerAddress> => {
  const target = { folder: 'seed' };
  await lastValueFrom(download(torrent, env, { target }));
  const port = await new Promise<number>((resolve) => {
    client(env, { ports: [0] })
      .download(torrent, { target, trackers: [], seed: { ratio: 1 }, ...more })
      .subscribe((event) => event.type === 'port-open' && resolve(event.port));
  });
  return { host: '127.0.0.1', port, source: 'manual' };
};
`;

/** What each strategy is tried with, over real sockets: a program that says `done` at its end. */
export const PROGRAMS: Readonly<Record<string, string>> = {
  echo: `
const heard$ = new ReplaySubject<string>(1);
const hello = {
  name: 'xx_echo',
  talk: ({ payloads$, send }: ExtensionChannel) => {
    send(new TextEncoder().encode('done'));
    return payloads$.pipe(tap((payload) => heard$.next(new TextDecoder().decode(payload))));
  },
};
const peers = [await seeding({ extensions: [echo] })];
await lastValueFrom(download(torrent, env, { ...options, trackers: [], peers, extensions: [hello], stop$: heard$ }));
console.log(await firstValueFrom(heard$));
process.exit();`,

  fixedWindow: `
await lastValueFrom(download(torrent, env, { ...options, ...fixedWindow() }));
console.log('done');`,

  intoBucket: `
const bucket = new Map<string, Buffer>();
const put = (key: string, bytes$: Observable<Uint8Array>) =>
  bytes$.pipe(toArray(), tap((parts) => bucket.set(key, Buffer.concat(parts))));
const openStorage = () => of(memoryStorage(torrent));
await lastValueFrom(openDownload(torrent, { ...env, openStorage }, options).pipe(intoBucket(torrent, put)));
if (bucket.get('content')?.length === torrent.length) console.log('done');`,

  lanFirst: `
await lastValueFrom(download(torrent, env, { ...options, ...lanFirst(100), lsd: false }));
console.log('done');`,

  ndjson: `
const lines = await lastValueFrom(download(torrent, env, options).pipe(ndjson(), toArray()));
for (const line of lines) if (!(JSON.parse(line).stored > 0)) throw new Error(line);
if (lines.length > 0) console.log('done');`,

  noSlowPeers: `
await lastValueFrom(download(torrent, env, { ...options, ...noSlowPeers() }));
console.log('done');`,

  pausedBy: `
const paused$ = concat(of(true), timer(300).pipe(map(() => false)));
const events$ = openDownload(torrent, env, options).pipe(pausedBy(paused$));
const last = await lastValueFrom(events$.pipe(filter(({ type }) => type === 'done')));
console.log(last.type);`,

  peersFromJson: `
const peers$ = peersFromJson(env, process.env['LIST'] ?? '').pipe(take(2));
await lastValueFrom(download(torrent, env, { ...options, peers$, sources: { trackers: false } }));
console.log('done');`,

  readFile: `
const parts = await lastValueFrom(openDownload(torrent, env, options).pipe(readFile(0), toArray()));
if (Buffer.concat(parts).equals(readFileSync(options.target.folder + '/content'))) console.log('done');`,

  serveOnly: `
const peers = [await seeding({ choker: serveOnly('127.0.0.') })];
await lastValueFrom(download(torrent, env, { ...options, trackers: [], peers }));
console.log('done');`,

  smallestFirst: `
const order = smallestFirst(torrent, timer(50).pipe(map(() => rarestFirst)));
await lastValueFrom(download(torrent, env, { ...options, order }));
console.log('done');`,

  wasteAtMost: `
const { endgame, watched } = wasteAtMost(100_000);
await lastValueFrom(download(torrent, env, { ...options, endgame }).pipe(watched));
console.log('done');`,
};
