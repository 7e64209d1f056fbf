import { concatMap, filter, map, shareReplay, timer } from 'rxjs';
import { describe, it } from 'vitest';
import { inboundPort } from '../../src/discovery/inbound/inboundPort.ts';
import { encodeExtensionHandshake } from '../../src/protocol/peer/extensions.ts';
import {
  announced,
  calling,
  drawn,
  hangsUpAfter,
  honest,
  type Player,
  type Said,
  silent,
  type World,
  wrongInfoHash,
} from '../index.ts';
import { downloaded, overheard } from './scene.ts';

const a = '10.1.0.1:7000';
const caller = '10.1.0.2:50000';
const listening = '10.1.0.2:7000';

const listen = ({ env }: World) => ({
  reception$: inboundPort(env, { ports: [6881] }).pipe(shareReplay({ bufferSize: 1, refCount: true })),
});
const nobody = { trackers: [], peers: [{ host: '10.1.0.9', port: 9, source: 'manual' as const }] };

/** Says of itself where it listens. */
const listensAt =
  (port: number, player: Player): Player =>
  (heard$, cast) => {
    const payload = encodeExtensionHandshake({ ids: new Map(), port });
    const introduced = (said: Said): readonly Said[] =>
      !(said instanceof Uint8Array) && said.type === 'handshake'
        ? [
            { ...said, extended: true },
            { type: 'extended', id: 0, payload },
          ]
        : [said];
    return player(heard$, cast).pipe(concatMap((said) => introduced(said)));
  };

describe('peers that call', () => {
  it(
    'upload what they have, as peers that are called do',
    drawn((stage) => {
      const seed = overheard(stage, calling(honest({ latency: 10, pace: 2 })));
      const there = stage.world({ callers: { [caller]: { at: 5, player: seed.player } } });
      stage.sends(seed).toBe('                                                   -----h---------I---------(RRRR)');
      const download$ = downloaded(stage, there, { ...nobody, ...listen(there) });
      stage.gives(download$.pipe(filter(({ type }) => type !== 'port-open'))).toBe('----lj 35ms s---s---(d|)');
      stage.happens(there.hangups).toBe('                          45ms A');
    }),
  );

  it(
    'are called where they listen when they are gone, and not while they are connected',
    drawn((stage) => {
      const leaves = calling(hangsUpAfter(1, honest({ latency: 5, has: [0] })));
      const there = stage.world({
        callers: { [caller]: { at: 5, player: listensAt(7000, leaves) } },
        peers: { [listening]: honest({ latency: 5 }) },
        tracker: ({ url }) => timer(8).pipe(map(() => announced([listening], 1800, url))),
      });
      const stored$ = downloaded(stage, there, listen(there)).pipe(filter(({ type }) => type === 'stored'));
      stage.gives(stored$).toBe('                                      5038ms (ss)|');
      // The tracker has named it while it was here.
      stage.happens(there.dials).toBe('                               5020ms a');
    }),
  );

  it(
    'want another torrent, or are silent: they are hung up on, and no other peer is affected',
    drawn((stage) => {
      const callers = {
        '10.1.0.3:1': { at: 5, player: wrongInfoHash(calling(honest())) },
        '10.1.0.4:1': { at: 5, player: silent() },
        [caller]: { at: 6, player: calling(honest()) },
      };
      const there = stage.world({ callers });
      stage
        .gives(downloaded(stage, there, { ...nobody, ...listen(there) }).pipe(filter(({ type }) => type === 'done')))
        .toBe('24ms ---(d|)');
      stage.happens(there.hangups).toBe('-----A 17ms C---B');
    }),
  );

  it(
    'find no port open if another program has all of them: we say so, and download',
    drawn((stage) => {
      const there = stage.world({ taken: [6881], peers: { [a]: honest() } });
      const told$ = downloaded(stage, there, listen(there)).pipe(
        filter(({ type }) => type === 'warning' || type === 'done'),
      );
      const done = {
        type: 'done',
        length: 65_536,
        path: 'drawn',
        paths: ['drawn/0'],
        downloaded: 65_536,
        uploaded: 0,
        wasted: 0,
      };
      stage.gives(told$).toBe('-w 25ms ---(d|)', {
        w: { type: 'warning', code: 'port-taken', message: 'TCP: no port is free' },
        d: done,
      });
    }),
  );
});
