import { createHash } from 'node:crypto';
import { EMPTY, of, Subject, switchMap, takeUntil, tap } from 'rxjs';
import { type DrawnHost, type DrawnNetwork, drawn } from '../../marbles/index.ts';
import type { DownloadEvent, Progress } from '../../src/contracts/events.ts';
import type { PeerAddress, Wire } from '../../src/contracts/network.ts';
import type { Verify } from '../../src/contracts/storage.ts';
import { type DownloadOptions, download } from '../../src/download/download.ts';
import type { Content } from './content.ts';
import type { Ran } from './run.ts';
import { type Conduct, type Plug, ScriptedPeer } from './scriptedPeer.ts';

/** A connection of the drawn network, as a socket has it. */
class DrawnPlug implements Plug {
  destroyed = false;
  readonly #wire: Wire;
  readonly #host: DrawnHost;
  readonly #over$: Subject<void>;
  readonly #heard: ((bytes: Uint8Array) => void)[] = [];
  readonly #closed: (() => void)[] = [];

  constructor(wire: Wire, host: DrawnHost, over$: Subject<void>) {
    this.#wire = wire;
    this.#host = host;
    this.#over$ = over$;
  }

  hear(bytes: Uint8Array): void {
    for (const heard of this.#heard) heard(bytes);
  }

  close(): void {
    if (this.destroyed) return;
    this.destroyed = true;
    for (const closed of this.#closed) closed();
  }

  write(bytes: Uint8Array): void {
    // A wire takes over what it is given, a socket does not.
    this.#wire.write(Uint8Array.from(bytes));
  }

  end(bytes?: Uint8Array): void {
    if (bytes !== undefined) this.write(bytes);
    this.destroy();
  }

  destroy(): void {
    this.close();
    this.#over$.next();
  }

  /** That of all who have called this host: each of these has one visitor. */
  resetAndDestroy(): void {
    this.#host.crash();
    this.destroy();
    this.#host.comeBack();
  }

  resume(): void {}

  on(event: 'data' | 'close' | 'error', hear: (given: never) => void): void {
    if (event === 'data') this.#heard.push(hear as (bytes: Uint8Array) => void);
    if (event === 'close') this.#closed.push(hear as () => void);
  }
}

/** A peer on a machine of a drawn network that behaves as it is told. */
class DrawnScript extends ScriptedPeer {
  readonly address: PeerAddress;

  constructor(network: DrawnNetwork, host: string, port: number, content: Content, conduct: Conduct) {
    super(content, conduct);
    this.port = port;
    this.address = { host, port, source: 'manual' };
    const machine = network.host(host, { delay: 1 });
    network.tcp.answers(machine, port, ({ wire$ = EMPTY }) => {
      const over$ = new Subject<void>();
      let plug: DrawnPlug | undefined;
      const ended = (): void => plug?.close();
      const heard$ = wire$.pipe(
        switchMap((wire) => {
          const opened = (plug = new DrawnPlug(wire, machine, over$));
          this.meet(opened);
          return wire.bytes$.pipe(tap((bytes) => opened.hear(bytes)));
        }),
        takeUntil(over$),
      );
      heard$.subscribe({ error: ended, complete: ended });
    });
  }
}

const sha1Of = (content: Content): Verify => {
  const { pieceHashes } = content.torrent;
  return ({ index, bytes }) =>
    createHash('sha1')
      .update(bytes)
      .digest()
      .equals(pieceHashes.subarray(20 * index, 20 * index + 20));
};

export interface DrawnDuel {
  readonly ran: Ran;
  readonly hostile: ScriptedPeer;
  readonly honest: ScriptedPeer;
}

/**
 * A download from one hostile peer and one honest seed, the hostile one first, in virtual time: what takes minutes
 * there takes none here, and is the same however busy this machine is. `took` is in milliseconds of theirs.
 */
export const drawnDuel = (
  content: Content,
  hostile: Conduct,
  { honest = {}, ...options }: Partial<DownloadOptions> & { readonly honest?: Conduct } = {},
): DrawnDuel => {
  const events: DownloadEvent[] = [];
  let duel: DrawnDuel | undefined;
  drawn(
    (stage) => {
      const network = stage.network();
      const us = network.host('10.0.0.1', { delay: 1 });
      const peerOf = (conduct: Conduct, nth: number): DrawnScript =>
        new DrawnScript(network, `10.0.0.${nth}`, 7000 + nth, content, conduct);
      const [bad, good] = [peerOf(hostile, 2), peerOf({ unchokeAfter: 50, ...honest }, 3)] as const;
      const env = { ...us.env, verify: () => sha1Of(content) };
      const own = { target: { folder: '.' }, trackers: [], peers: [bad.address, good.address], ...options };
      let took = Infinity;
      const done = (event: DownloadEvent): void => {
        events.push(event);
        if (event.type === 'done') took = stage.now();
      };
      stage.watch(download(content.torrent, env, own).pipe(tap(done)), '^ 10m !');
      const ended = (): void => {
        const sha256 = createHash('sha256').update(us.disk(content.torrent).bytes).digest('hex');
        const progress = events.findLast((event): event is Progress => event.type === 'progress') as Progress;
        const isDone = events.some(({ type }) => type === 'done');
        duel = { ran: { events, folder: '', sha256, done: isDone, progress, took }, hostile: bad, honest: good };
      };
      stage.watch(of(0).pipe(tap({ complete: ended })), '10m ^');
    },
    { torrent: content.torrent },
  )();
  if (duel === undefined) throw new Error(`nothing was drawn: ${events.length} events`);
  return duel;
};
