import { describe, expect, it } from 'vitest';
import { Account } from '../../src/cli/run/account.ts';
import { completeLine, givenLine, stoppedLine, stoppedSumLine, thereLine } from '../../src/cli/views/summary.ts';
import type { PieceOutcome, Progress } from '../../src/contracts/events.ts';

const MiB = 2 ** 20;
const sample = (part: Partial<Progress>): Progress => ({
  type: 'progress',
  phase: 'downloading',
  stored: 0,
  length: 64 * MiB,
  pieces: 0,
  pieceCount: 64,
  downloaded: 0,
  uploaded: 0,
  rate: 0,
  upRate: 0,
  ratio: 0,
  peers: { known: 0, connecting: 0, connected: 0, unchoked: 0, banned: 0 },
  wasted: 0,
  ...part,
});
const stored: PieceOutcome = { type: 'stored', index: 0, length: MiB, from: [] };

describe('how far a torrent has come', () => {
  it('counts the pieces that were stored since the last sample', () => {
    const account = new Account();
    account.see(sample({ stored: 40 * MiB }));
    account.see(stored);
    account.see(stored);
    expect(stoppedLine(account.figures, true)).toBe(
      'stopped: 42.0 of 64.0 MiB verified; run the same command again to resume',
    );
    account.see(sample({ stored: 42 * MiB, uploaded: 3 * MiB, ratio: 0.05 }));
    expect(stoppedLine(account.figures, true)).toBe(
      'stopped: 42.0 of 64.0 MiB verified; 3.00 MiB uploaded, ratio 0.05; run the same command again to resume',
    );
    expect(thereLine(account.figures, false)).toBe('42.0 of 64.0 MiB verified; 3.00 MiB uploaded, ratio 0.05');
  });

  it('does not know the length of a link before the metadata is known', () => {
    const account = new Account();
    const line = 'stopped: the metadata of the link is not known yet; run the same command again to resume';
    expect(stoppedLine(account.figures, true)).toBe(line);
    account.see(sample({ phase: 'metadata', length: 0 }));
    expect(stoppedLine(account.figures, true)).toBe(line);
  });

  it('counts what it has seen if it is over before anybody has looked', () => {
    const account = new Account(64 * MiB);
    account.see(stored);
    expect(stoppedLine(account.figures, true)).toBe(
      'stopped: at least 1.00 of 64.0 MiB verified; run the same command again to resume',
    );
  });

  it('says when it is complete in what time, at what rate, what was wasted, given and chosen', () => {
    let time = 1_000;
    const account = new Account(undefined, () => time);
    time = 5_000;
    account.see(sample({ stored: 42 * MiB, downloaded: 43 * MiB, uploaded: 11 * MiB, ratio: 0.19 }));
    account.see({
      type: 'done',
      length: 64 * MiB,
      path: '/a',
      paths: ['/a'],
      downloaded: 65 * MiB,
      wasted: MiB,
      uploaded: 12 * MiB,
    });
    time = 9_000;
    expect([account.path, account.figures.stored]).toEqual(['/a', 64 * MiB]);
    expect(completeLine(account.figures)).toBe(
      'complete, 64.0 MiB (65.0 MiB in 4 s, 16.3 MiB/s), 1.00 MiB wasted, 12.0 MiB uploaded, ratio 0.19',
    );
    expect(completeLine({ ...account.figures, wasted: 0, uploaded: 0, downloaded: 0 }, { files: 2, of: 7 })).toBe(
      'complete, 64.0 MiB, all of it on disk already, 2 of 7 files',
    );
    expect(givenLine(account.figures)).toBe('12.0 MiB uploaded, ratio 0.19, in 8 s');
  });

  it('is told of all together', () => {
    const sum = { torrents: 7, complete: 2, length: 3.4 * 1024 * MiB, stored: 1.2 * 1024 * MiB, uploaded: 0 };
    expect(stoppedSumLine(sum)).toBe(
      'stopped: 2 of 7 torrents complete, 1.20 of 3.40 GiB verified; run the same command again to resume',
    );
    expect(stoppedSumLine({ ...sum, uploaded: MiB })).toContain('verified; 1.00 MiB uploaded; run the same');
  });
});
