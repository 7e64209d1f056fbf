/** What each program begins with: a torrent, the world, and where it is downloaded to. */
export const BEGINNING = `
import { readFileSync } from 'node:fs';
import {
  concat, filter, firstValueFrom, lastValueFrom, map, type Observable, of, ReplaySubject, Subject, switchMap,
  take, tap, timer, toArray,
} from 'rxjs';
import {
  client, download, type DownloadOptions, type ExtensionChannel, memoryStorage, nodeEnv, openDownload, parseTorrent,
  type PeerAddress, rarestFirst,
} from 'rxtorrent';

const torrent = parseTorrent(readFileSync('content.torrent'));
const env = nodeEnv({ state: false });
const options = { target: { folder: process.argv[2] ?? '.' } };

/** A client of ours that has it and gives it, until somebody has all of it: where it is. */
const seeding = async (more: Partial<DownloadOptions>, folder = 'seed'): Promise<PeerAddress> => {
  const target = { folder };
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
const opened$ = openDownload(torrent, env, { ...options, ...fixedWindow() });
const states = await lastValueFrom(opened$.pipe(switchMap(({ state$ }) => state$), toArray()));
const most = Math.max(...states.flatMap(({ peers }) => peers.map(({ requests }) => requests)));
console.log(most > 0 && most <= 10 ? 'done' : most);`,

  intoBucket: `
const bucket = new Map<string, Buffer>();
const put = (key: string, bytes$: Observable<Uint8Array>) =>
  bytes$.pipe(toArray(), tap((parts) => bucket.set(key, Buffer.concat(parts))));
const openStorage = () => of(memoryStorage(torrent));
await lastValueFrom(openDownload(torrent, { ...env, openStorage }, options).pipe(intoBucket(torrent, put)));
const lengths = ['film', 'song'].map((name) => bucket.get(name)?.length);
console.log(lengths.join() === torrent.files.map(({ length }) => length).join() ? 'done' : lengths);`,

  lanFirst: `
const list = (await (await fetch(process.env['LIST'] ?? '')).json()) as { host: string; port: number }[];
const lsd = of(...list.map((peer): PeerAddress => ({ ...peer, source: 'lsd' })));
const events$ = download(torrent, env, { ...options, ...lanFirst(), sources: { lsd } });
const types = await lastValueFrom(events$.pipe(map(({ type }) => type), toArray()));
// The tracker would have been asked in a minute.
console.log(types.includes('tracker') ? types : types.at(-1));`,

  ndjson: `
const lines = await lastValueFrom(download(torrent, env, options).pipe(ndjson(), toArray()));
for (const line of lines) if (!(JSON.parse(line).stored > 0)) throw new Error(line);
if (lines.length > 0) console.log('done');`,

  noSlowPeers: `
await lastValueFrom(download(torrent, env, { ...options, ...noSlowPeers() }));
console.log('done');`,

  pausedBy: `
let paused = true;
const paused$ = concat(of(true), timer(300).pipe(map(() => (paused = false))));
const events$ = openDownload(torrent, env, options).pipe(pausedBy(paused$));
const stored$ = events$.pipe(filter(({ type }) => type === 'stored' || type === 'done'));
const all = await lastValueFrom(stored$.pipe(map(({ type }) => (paused ? 'stored in a pause' : type)), toArray()));
console.log(all.includes('stored in a pause') ? all : all.at(-1));`,

  peersFromJson: `
const peers$ = peersFromJson(env, process.env['LIST'] ?? '').pipe(take(2));
await lastValueFrom(download(torrent, env, { ...options, peers$, sources: { trackers: false } }));
console.log('done');`,

  readFile: `
const read = async (more: Partial<DownloadOptions>) =>
  Buffer.concat(await lastValueFrom(openDownload(torrent, env, { ...options, ...more }).pipe(readFile(0), toArray())));
const first = await read({});
// All of it is there: nobody is asked.
const again = await read({ trackers: [] });
const film = readFileSync(options.target.folder + '/content/film');
console.log(first.equals(film) && again.equals(film) ? 'done' : [first.length, again.length]);`,

  serveOnly: `
const all = { ...options, trackers: [] };
const stranger = [await seeding({ choker: serveOnly('192.0.2.') }, 'other')];
const told$ = download(torrent, env, { ...all, peers: stranger, stop$: timer(1500) }).pipe(map(({ type }) => type));
const told = await lastValueFrom(told$.pipe(toArray()));
if (!told.includes('peer-joined') || told.includes('stored')) console.log(told);
const neighbour = [await seeding({ choker: serveOnly('127.0.0.') })];
const last = await lastValueFrom(download(torrent, env, { ...all, peers: neighbour }));
console.log(last.type);
process.exit();`,

  smallestFirst: `
const then$ = new Subject<typeof rarestFirst>();
const order = smallestFirst(torrent, then$);
let stored = 0;
const swapped = tap(({ type }: { type: string }) => type === 'stored' && ++stored === 7 && then$.next(rarestFirst));
// Which pieces are asked for is seen by the seeds: one at a time.
const last = await lastValueFrom(download(torrent, env, { ...options, order, window: 1 }).pipe(swapped));
console.log(last.type);`,

  wasteAtMost: `
const { endgame, watched } = wasteAtMost(100_000);
await lastValueFrom(download(torrent, env, { ...options, endgame }).pipe(watched));
console.log('done');`,
};
