import { filter, of } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { requestBlocks } from '../operators/requestBlocks.ts';
import { download } from '../src/download/download.ts';
import { downloadState } from '../src/download/state/downloadState.ts';
import { inOrder } from '../src/torrent/picker/pieceOrder.ts';
import type { Tape } from '../src/recording/tape.ts';
import { draw, drawn, drawRun, honest, type Mark, overheard } from './index.ts';

const nine = { torrent: { pieces: 1, blocksPerPiece: 9 } };

describe('draw', () => {
  it('has what a peer says, what it is sent, and what a stream gives', () => {
    const text = draw(({ torrent, world, peer }) => {
      const { picker, wake$ } = downloadState(torrent, world().env, { order: inOrder });
      const seed = peer('U--------1-2-------3|');
      return { they: seed.said, writes: seed.sent, gives: of(seed).pipe(requestBlocks(picker, { wake$ })) };
    }, nine);
    expect(text).toBe(
      ['they    U--------P-P-------P|', 'writes  (RRRR)-----(RRRR)----', 'gives   ---------1-2-------3|'].join('\n'),
    );
  });

  it('has players, wires and ends', () => {
    const text = draw((stage) => {
      const { player, said, sent } = overheard(stage, honest());
      const { env } = stage.world({ peers: { '10.1.0.1:7000': player } });
      const download$ = download(stage.torrent, env, { target: { folder: '.' } });
      const stored$ = download$.pipe(filter(({ type }) => ['stored', 'done'].includes(type)));
      return { says: said, writes: sent, gives: stored$ };
    });
    expect(text).toBe(
      [
        'says    --------------(hB)-U     ----(PPPP)---------',
        'writes  ---------h----I----(RRRR)-----     ---------',
        'gives   --------------------     -----     -(ss)(d|)',
      ].join('\n'),
    );
  });

  it('tells what letters stand for that are not in the alphabet, and draws errors', () => {
    const text = draw(({ wire, cold }) => ({
      wire: wire('-h-#').said,
      gives: cold('--v--w', { v: [1], w: [2] }),
    }));
    expect(text).toBe(['wire   -h-#--', 'gives  --z--y', '       z = [1]', '       y = [2]'].join('\n'));
  });
});

describe('drawRun', () => {
  it('has each peer of a run, and what came of it', () => {
    let told: readonly Mark[] = [];
    drawn((stage) => {
      const { env } = stage.world({ peers: { '10.1.0.1:7000': honest() } });
      const run = ({ env, inside }: Tape) => inside(download(stage.torrent, env, { target: { folder: '.' } }));
      told = stage.watch(drawRun(env, run, { lanes: ['say', 'ask'] }));
    })();
    expect(told.map(({ kind }) => kind)).toEqual(['value', 'end']);
    expect(told[0]?.value).toMatch(/^from 0ms .*\n\n10\.1\.0\.1:7000\nsay {3}.*h.*U.*P.*\nask {3}.*\^.*h.*I.*R.*$/);
  });
});
