import { delay, map, merge, of, share, tap } from 'rxjs';
import { describe, it } from 'vitest';
import type { DownloadOptions } from '../../src/download/options.ts';
import { decodeExtensionHandshake } from '../../src/protocol/peer/extensions.ts';
import { encodeLsd } from '../../src/protocol/lan/lsd.ts';
import { announced, drawn, DrawnUdp, honest, type Player, type Said, type Stage } from '../index.ts';
import { downloaded } from './scene.ts';

const a = '10.1.0.1:7000';

/** What the tracker, the peer and the local network are told of where we listen. */
const told = (stage: Stage, options: Partial<DownloadOptions>): string[] => {
  const heard: string[] = [];
  const ear: Player = (heard$, cast) => {
    const words$ = heard$.pipe(
      tap(
        (word) =>
          word.type === 'extended' &&
          word.id === 0 &&
          heard.push(`peer ${decodeExtensionHandshake(word.payload).port}`),
      ),
      share(),
    );
    const greets = map(
      (said: Said): Said =>
        said instanceof Uint8Array || said.type !== 'handshake' ? said : { ...said, extended: true },
    );
    return merge(honest()(words$, cast).pipe(greets));
  };
  const tracker = ({ url }: { readonly url: string }) => {
    heard.push(`tracker ${new URL(url).searchParams.get('port')}`);
    return of(announced([a])).pipe(delay(5));
  };
  const lsd = encodeLsd({ port: 7777, infoHashes: [] }, 4).subarray(0, 9);
  const watch = ({ bytes }: { readonly bytes: Uint8Array }) =>
    Buffer.from(bytes.subarray(0, 9)).equals(Buffer.from(lsd)) &&
    heard.push(`nearby ${/Port: (\d+)/i.exec(Buffer.from(bytes).toString())?.[1]}`);
  const there = stage.world({ peers: { [a]: ear }, tracker, udp: new DrawnUdp({ watch }, stage.ledger) });
  stage.watch(downloaded(stage, there, { ...options, lsd: true }), '^ 1s !');
  return heard;
};

describe('a download that no peer can call', () => {
  it(
    'says so to its trackers, and tells neither peers nor the local network of a port',
    drawn((stage) => {
      const heard = told(stage, {});
      stage
        .gives(stage.cold('2s x').pipe(map(() => [...new Set(heard)])))
        .toBe('2s t', { t: ['tracker 0', 'peer undefined'] });
    }),
  );

  it(
    'is not one that can be called at a port, somehow',
    drawn((stage) => {
      const heard = told(stage, { listens: true, port: 7777 });
      stage
        .gives(stage.cold('2s x').pipe(map(() => [...new Set(heard)].sort())))
        .toBe('2s t', { t: ['nearby 7777', 'peer 7777', 'tracker 7777'] });
    }),
  );
});
