import { interval, map, type Observable, timer } from 'rxjs';
import type { Env } from '../../src/contracts/env.ts';
import type { PeerAddress, Wire } from '../../src/contracts/network.ts';
import { encodeWord, Hearing, type Word } from '../speech.ts';

/** Says or hears something else instead of a word: nothing, or several words. */
type Instead = (word: Word) => readonly Word[];

interface Retold {
  readonly says?: (others: ReadonlySet<Wire>, wire: Wire) => Instead;
  readonly hears?: () => Instead;
}

const HOUR = 3_600_000;

const asIs: Instead = (word) => [word];

/** A world whose client says and hears other words than it believes: as one with a bug would. */
const retold =
  ({ says = () => asIs, hears = () => asIs }: Retold) =>
  (env: Env): Env => {
    const wires = new Set<Wire>();
    const change = (wire: Wire): Wire => {
      wires.add(wire);
      const [toSay, toHear] = [says(wires, wire), hears()];
      let isFull = false;
      const saying = new Hearing((word) => {
        for (const each of toSay(word)) isFull = !wire.write(encodeWord(each));
      });
      const heard: Uint8Array[] = [];
      const hearing = new Hearing((word) => heard.push(...toHear(word).map(encodeWord)));
      return {
        address: wire.address,
        drained$: wire.drained$,
        bytes$: wire.bytes$.pipe(
          map((bytes) => {
            hearing.push(bytes);
            return Uint8Array.from(heard.splice(0).flatMap((each) => [...each]));
          }),
        ),
        write: (bytes) => {
          saying.push(bytes);
          return !isFull;
        },
      };
    };
    const changed = (wire$: Observable<Wire>): Observable<Wire> => wire$.pipe(map(change));
    const called = (call: PeerAddress): PeerAddress =>
      call.wire$ === undefined ? call : { ...call, wire$: changed(call.wire$) };
    return {
      ...env,
      connect: (address) => changed(env.connect(address)),
      listen: (options) =>
        env.listen(options).pipe(map((open) => ({ ...open, calls$: open.calls$.pipe(map(called)) }))),
    };
  };

/** Asks for each block twice. */
const doubleRequests = retold({ says: () => (word) => (word.type === 'request' ? [word, word] : [word]) });

/** Forgets to cancel. */
const forgottenCancel = retold({ says: () => (word) => (word.type === 'cancel' ? [] : [word]) });

/** Asks everybody for what it asks a second peer for. */
const wrongEndgameLimit = (env: Env): Env => {
  const asked = new Set<string>();
  const says = (wires: ReadonlySet<Wire>, own: Wire): Instead => {
    return (word) => {
      if (word.type !== 'request') return [word];
      const key = `${word.piece}/${word.begin}`;
      if (asked.has(key)) for (const wire of wires) if (wire !== own) wire.write(encodeWord(word));
      asked.add(key);
      return [word];
    };
  };
  return retold({ says })(env);
};

/** Does not notice that it is unchoked again. */
const lostWakeUp = retold({
  hears: () => {
    let isChoked = false;
    return (word) => {
      isChoked ||= word.type === 'choke';
      return word.type === 'unchoke' && isChoked ? [] : [word];
    };
  },
});

/** Leaves out the last byte of the torrent. */
const offByOne = (env: Env): Env => ({
  ...env,
  openStorage: (torrent, target) =>
    env.openStorage(torrent, target).pipe(
      map((storage) => ({
        ...storage,
        write: (offset: number, bytes: Uint8Array) => {
          const isLast = offset + bytes.length === torrent.length;
          return storage
            .write(offset, isLast ? bytes.subarray(0, -1) : bytes)
            .pipe(map((size) => size + Number(isLast)));
        },
      })),
    ),
});

/** Leaves a timer running. */
const leakedTimer = (env: Env): Env => ({
  ...env,
  connect: (address) => {
    interval(60_000).subscribe();
    return env.connect(address);
  },
});

/** Sets a timer for each block that comes, and lets them all run. */
const manyTimers = retold({
  hears: () => (word) => {
    if (word.type === 'piece') for (let n = 0; n < 3; n++) timer(HOUR).subscribe();
    return [word];
  },
});

/** Bugs as a client might have them, each put between the client and its world. */
export const PLANTED = {
  doubleRequests,
  forgottenCancel,
  wrongEndgameLimit,
  lostWakeUp,
  offByOne,
  manyTimers,
  leakedTimer,
};
