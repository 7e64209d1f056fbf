/** A hybrid torrent (BEP 52): its peers know it by the info-hash of version 1, of version 2, or by both. */
import { filter, map, of, takeUntil } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { handshake } from '../../operators/handshake.ts';
import type { PeerAddress } from '../../src/contracts/network.ts';
import { equalIds } from '../../src/protocol/encoding/id.ts';
import { encodeHandshake } from '../../src/protocol/peer/handshake.ts';
import { announced } from '../announced.ts';
import { drawn, honest, type Player, type Stage } from '../index.ts';
import { torrentOf } from '../torrent.ts';
import { failed, open, peerId, theirId } from './handshakeScene.ts';
import { downloaded } from './scene.ts';

const infoHashV2 = new Uint8Array(32).fill(0x2f);
const torrent = { ...torrentOf(), infoHashV2 };
const [V1, V2] = [torrent.infoHash, infoHashV2.slice(0, 20)];

describe('handshakes of a hybrid', () => {
  const scene = (stage: Stage, lane: string, theirs: Parameters<typeof encodeHandshake>[0], calls: boolean) => {
    const caller: PeerAddress = { host: '10.0.0.9', port: 1234, source: 'incoming', wire$: of() };
    const options = calls ? { address: caller } : {};
    const wire = stage.wire(lane, { h: encodeHandshake(theirs) }, options);
    const us = { infoHash: V1, infoHashV2, peerId, pieceCount: 2 };
    const named = () => {
      const [mark] = wire.sent;
      const said = mark?.value as { readonly infoHash: Uint8Array; readonly v2?: boolean } | undefined;
      return said && [equalIds(said.infoHash, V2) ? 2 : 1, said.v2 === true];
    };
    return { wire, us, named };
  };
  const of2 = map(({ state }: { readonly state: { readonly v2: boolean } }) => (state.v2 ? '2' : '1'));

  it.each([
    ['are of version 2 once the peer has answered by that', V2, false, '2'],
    ['are of version 1 with a peer that knows no other', V1, false, '1'],
  ])('that we begin %s', (_, infoHash, calls, version) =>
    drawn(
      (stage) => {
        const { wire, us, named } = scene(stage, '--h', { infoHash, peerId: theirId }, calls);
        stage.gives(open(wire).pipe(handshake(us), of2), '^----!').toBe(`--${version}`);
        stage.gives(stage.cold('-a|').pipe(map(named))).toBe('-a|', { a: [1, true] });
      },
      { torrent },
    )(),
  );

  it.each([
    ['the info-hash of version 2', V2, false, '2', 2],
    ['that of version 1, and the bit of version 2', V1, true, '2', 2],
    ['that of version 1 alone', V1, false, '1', 1],
  ])('that come with %s are answered alike', (_, infoHash, v2, version, answer) =>
    drawn(
      (stage) => {
        const { wire, us, named } = scene(stage, '--h', { infoHash, peerId: theirId, v2 }, true);
        stage.gives(open(wire).pipe(handshake(us), of2), '^----!').toBe(`--${version}`);
        stage.gives(stage.cold('-a-b|').pipe(map(named))).toBe('-a-b|', { a: undefined, b: [answer, true] });
      },
      { torrent },
    )(),
  );

  it('for another torrent are refused, whichever bits they have', () =>
    drawn(
      (stage) => {
        const strange = V2.map((byte) => byte ^ 1);
        const { wire, us } = scene(stage, '--h', { infoHash: strange, peerId: theirId, v2: true }, true);
        stage.gives(open(wire).pipe(handshake(us))).toBe('--#', undefined, failed('wrong-info-hash'));
      },
      { torrent },
    )());
});

/** Hangs up on whatever else it is called for. */
const knows =
  (infoHash: Uint8Array, has: readonly number[]): Player =>
  (heard$, cast) => {
    const strange$ = heard$.pipe(filter((word) => word.type === 'handshake' && !equalIds(word.infoHash, infoHash)));
    return honest({ has })(heard$, { ...cast, torrent: { ...cast.torrent, infoHash } }).pipe(takeUntil(strange$));
  };
const [one, two] = ['10.1.0.1:7000', '10.1.0.2:7000'];

describe('a hybrid with one peer of version 1 only and one of version 2 only', () => {
  it('comes from both, of which the tracker names each for its own info-hash', () => {
    const asked: string[] = [];
    drawn(
      (stage) => {
        const there = stage.world({
          peers: { [one]: knows(V1, [0]), [two]: knows(V2, [1]) },
          tracker: ({ url }) => {
            const hash = /info_hash=%?(..)/.exec(url)?.[1]?.toLowerCase() ?? '';
            asked.push(hash);
            return of(announced([hash === '1f' ? one : two]));
          },
        });
        stage.happens(there.dials).toBe('---(ab)');
        stage.gives(downloaded(stage, there)).toBe('---a-----(jj)--------(ss)(d|)');
      },
      { torrent },
    )();
    expect(new Set(asked)).toEqual(new Set(['1f', '2f']));
  });

  it('comes from both, if one list names both: who hangs up is called once more for the other version', () => {
    drawn(
      (stage) => {
        const there = stage.world({
          peers: { [one]: knows(V1, [0]), [two]: knows(V2, [1]) },
          tracker: () => of(announced([one, two])),
          dialling: 6,
        });
        stage.happens(there.dials).toBe('---(ab)--b');
        stage.gives(downloaded(stage, there)).toBe('---a----------j-----j-----s-----s---(d|)');
      },
      { torrent },
    )();
  });
});
