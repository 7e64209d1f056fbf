import { isObservable, lastValueFrom } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { MAX_FIRST, prioritiesOf } from '../../../src/cli/choice/prioritising.ts';
import type { FilePriority } from '../../../src/torrent/picker/filePriorities.ts';
import type { Given } from '../../../src/cli/io/io.ts';
import { torrentOf } from '../../disk/torrents.ts';

const torrent = torrentOf({
  files: ['film.mkv', 'film.srt', 'about.nfo', 'song.MP3'].map((name) => ({ path: [name], length: 50 })),
});

const given = async (options: Given, said: string[] = []): Promise<readonly FilePriority[] | undefined> => {
  const { priorities } = await prioritiesOf(options, (line) => said.push(line));
  if (typeof priorities !== 'function' || isObservable(priorities)) return undefined;
  return lastValueFrom(priorities(torrent));
};

describe('--first, --priority and --preview', () => {
  it('say nothing where none is given', async () => {
    expect(await prioritiesOf({}, () => undefined)).toEqual({});
  });

  it('put what is named first before all that is high, in the order given', async () => {
    expect(await given({ first: ['*.nfo', '2'], priority: ['high:*.mkv', 'low:!*.mkv'] })).toEqual([
      { files: [[0, 0]], priority: 10 },
      { files: [[1, 3]], priority: -10 },
      { files: [[1, 1]], priority: 119 },
      { files: [[2, 2]], priority: 120 },
    ]);
  });

  it('--preview is of films and music, and comes before all', async () => {
    expect(await given({ preview: true })).toEqual([
      {
        files: [
          [0, 0],
          [3, 3],
        ],
        priority: 127,
        ends: true,
      },
    ]);
  });

  it('tell which of them names no file, and go on', async () => {
    const said: string[] = [];
    expect(await given({ priority: ['high:*.iso'] }, said)).toEqual([{ files: [], priority: 10 }]);
    expect(said).toEqual(['--priority "*.iso": no file of name has such a name']);
  });

  it.each([
    [{ priority: ['*.nfo'] }, '--priority "*.nfo": expected high:, normal: or low: and files'],
    [{ priority: ['highest:*'] }, '--priority "highest:*": expected high:, normal: or low: and files'],
    [{ priority: ['constructor:*'] }, '--priority "constructor:*": expected high:, normal: or low: and files'],
    [{ priority: ['high:'] }, '--priority "": is empty: expected numbers such as 1,3-5, or a pattern such as *.mkv'],
    [{ first: ['0'] }, '--first "0": files are counted from 1, as rxtorrent info shows them'],
    [{ first: Array.from({ length: MAX_FIRST + 1 }, () => '1') }, '--first: 101 times: at most 100'],
  ])('refuse %j', async (options, message) => {
    await expect(prioritiesOf(options, () => undefined)).rejects.toThrow(message);
  });

  it('refuse a number that the torrent does not have', async () => {
    await expect(given({ first: ['9'] })).rejects.toThrow('--first "9": there are 4 files');
  });
});
