import type { Subscription } from 'rxjs';
import type { RunHelpers } from 'rxjs/testing';
import type { Env } from '../../src/contracts/env.ts';
import { StorageError } from '../../src/contracts/errors.ts';
import { dhtNode } from '../../src/discovery/dht/node.ts';
import type { DownloadOptions } from '../../src/download/options.ts';
import { Clock } from '../clock.ts';
import type { DiskOptions } from '../disk.ts';
import type { DrawnHost } from '../network/host.ts';
import { DrawnNetwork } from '../network/network.ts';
import { torrentOf } from '../torrent.ts';
import { withOneCopy } from '../secondCopy.ts';
import { Stage } from '../stage.ts';
import { DHT, Member, PORT } from './member.ts';
import { addressOf, type DiskPlan, isThereAtTheEnd, lastOf, type SwarmHost, type SwarmPlan } from './plan.ts';
import { playerOf } from './players.ts';
import type { SwarmRun } from './run.ts';
import { WatchedClient } from './watchedClient.ts';

/** What is done with a swarm from outside. */
export interface SwarmSeams {
  /** Options of the download of the nth host; or of all of them. */
  readonly options?: (nth: number) => Partial<DownloadOptions>;
  /** The world of the nth host, changed. */
  readonly env?: (env: Env, nth: number) => Env;
  /** Each of our clients is watched: see {@link HostRun.offences}. That takes time. */
  readonly watched?: boolean;
}

const TRACKERS = { http: 'http://tracker.test/announce', udp: 'udp://tracker.test:80/announce' } as const;
const HOUR = 3_600;
/** Milliseconds since 1970, on a day in 2026. */
const TODAY = 1_780_000_000_000;
const INTERVAL = 30;
/** Milliseconds between looks at whether everybody is complete. */
const LOOK = 250;
/** Milliseconds for goodbyes, and for whatever else is still under way. */
const AFTERWARDS = 60_000;

/**
 * Runs a whole swarm in virtual time, and tells what it did: clients of ours as they are, and players, joined by a
 * network that has rates, delays, losses and congestion. The same plan gives the same run, to the byte.
 *
 * ```ts
 * const { hosts } = swarmOf({
 *   torrent: { pieces: 16, blocksPerPiece: 4 },
 *   hosts: [{ has: 'all', up: 500_000 }, { up: 100_000, delay: 40, loss: 0.001 }, { plays: 'corrupts' }],
 * });
 * expect(hosts.map(({ done = Infinity }) => done < 10_000)).toEqual([true, true]);
 * ```
 *
 * @throws DrawingError if a second copy of RxJS is in use, or time stands still
 */
export const swarmOf = (plan: SwarmPlan, seams: SwarmSeams = {}): SwarmRun => {
  const clock = new Clock(true);
  let run: SwarmRun | undefined;
  withOneCopy(() => clock.run((helpers) => (run = new Swarm(clock, helpers, plan, seams).run())));
  return run as SwarmRun;
};

/** A swarm while it runs. Depends on its plan and the clock. */
class Swarm {
  readonly #clock: Clock;
  readonly #helpers: RunHelpers;
  readonly #plan: SwarmPlan;
  readonly #stage: Stage;
  readonly #network: DrawnNetwork;
  readonly #finds: ReadonlySet<'http' | 'udp' | 'dht'>;
  readonly #members: readonly Member[];
  /** The machines of players, who never hang up by themselves. */
  readonly #players: DrawnHost[] = [];
  #nodes: readonly Subscription[] = [];
  #isOver = false;

  constructor(clock: Clock, helpers: RunHelpers, plan: SwarmPlan, seams: SwarmSeams) {
    const { seed = 1, interval = INTERVAL, torrent, hosts, finds = ['http'], tcp = 'cubic' } = plan;
    this.#clock = clock;
    this.#helpers = helpers;
    this.#plan = plan;
    this.#finds = new Set(finds);
    const announce = [...this.#finds].flatMap((way) => (way === 'dht' ? [] : [[TRACKERS[way]]]));
    this.#stage = new Stage(clock, helpers, { ...torrentOf(torrent), announce });
    this.#network = new DrawnNetwork(this.#stage, { seed, interval, congestion: tcp });
    if (this.#finds.has('udp')) this.#network.tracksByUdp();
    if (this.#finds.has('dht')) this.#nodes = DHT.map(({ host }) => this.#node(host));
    this.#members = hosts.flatMap((host, nth) => this.#cast(host, nth, seams));
  }

  run(): SwarmRun {
    const { within = HOUR, lasts = 0 } = this.#plan;
    const least = Math.max(lasts * 1000, ...this.#plan.hosts.map(lastOf));
    for (let at = 0; at < within * 1000 && (at <= least || !this.#isComplete); at += LOOK) this.#look(at + LOOK);
    const took = Math.max(0, ...this.#members.map(({ done = this.#clock.frame }) => done));
    const hosts = this.#members.map((member) => member.run);
    this.#isOver = true;
    for (const member of this.#members) member.end();
    for (const node of this.#nodes) node.unsubscribe();
    for (const player of this.#players) player.crash('silently');
    this.#until(this.#clock.frame + AFTERWARDS);
    const timers = this.#clock.timers;
    const open = [...this.#stage.ledger.left, ...(timers > 0 ? [`${timers} timers`] : [])];
    const { tracker, tcp } = this.#network;
    return { plan: this.#plan, took, hosts, announces: tracker.announces, open, sent: tcp.carried };
  }

  #node(address: string): Subscription {
    const { env } = this.#network.host(address);
    return dhtNode(env, { port: PORT, bootstrap: DHT.filter(({ host }) => host !== address) }).subscribe();
  }

  get #isComplete(): boolean {
    return this.#members.every(({ done, nth }) => done !== undefined || !isThereAtTheEnd(this.#plan.hosts[nth] ?? {}));
  }

  #look(at: number): void {
    this.#until(at);
    for (const member of this.#members) member.takes(this.#network.tcp.loadOf(member.host));
  }

  #until(at: number): void {
    this.#clock.maxFrames = at;
    this.#helpers.flush();
  }

  #cast(host: SwarmHost, nth: number, seams: SwarmSeams): readonly Member[] {
    const { plays, has, joins = 0, fate = [], disk = {}, slots, memory, ...line } = host;
    const address = addressOf(nth);
    const { torrent, now } = this.#stage;
    if (plays !== undefined) {
      this.#players.push(this.#network.plays(address, playerOf(plays, has), { ...line, port: PORT }));
      this.#network.tracker.names(torrent.infoHash, `${address}:${PORT}`);
      return [];
    }
    const watched = seams.watched === true ? new WatchedClient(address, this.#stage.geometry, now) : undefined;
    const through = (env: Env): Env => {
      const seen = watched?.watches(env) ?? env;
      return seams.env?.(seen, nth) ?? seen;
    };
    const there = this.#network.host(address, line, through);
    there.disk(torrent, diskOf(disk, has === 'all' ? this.#everyPiece : has, now));
    // Set back, a clock still shows a time of our days.
    if (fate.some(({ does }) => does === 'jumps')) there.jumps(TODAY);
    const member = new Member(there, nth, now, watched);
    member.begin(torrent, this.#finds.has('dht'), {
      ...(slots !== undefined && { slots }),
      ...(memory !== undefined && { memory }),
      ...seams.options?.(nth),
    });
    for (const each of [{ at: joins, does: 'joins' } as const, ...fate])
      this.#clock.schedule(() => this.#isOver || member.meets(each), each.at);
    return [member];
  }

  get #everyPiece(): readonly number[] {
    return Array.from({ length: this.#stage.geometry.pieceCount }, (_, piece) => piece);
  }
}

const diskOf = (
  { takes = 1, full, slow, fails }: DiskPlan,
  has: readonly number[] | undefined,
  now: () => number,
): DiskOptions => {
  const [first, last] = full ?? [Infinity, 0];
  const isIn = (span: { readonly from: number; readonly to: number }): boolean => now() >= span.from && now() < span.to;
  return {
    takes: () => (slow !== undefined && isIn(slow) ? slow.takes : takes),
    ...(has !== undefined && { has }),
    fails: (work, nth) => {
      if (work === 'write' && nth >= first && nth <= last) return new StorageError('full', 'no room is left');
      if (fails?.work === work && isIn(fails)) return new StorageError('io', 'the disk failed (EIO)');
      return undefined;
    },
  };
};
