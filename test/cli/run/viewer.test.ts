import { describe, expect, it } from 'vitest';
import type { Io } from '../../../src/cli/io/io.ts';
import { viewerOfSeveral } from '../../../src/cli/run/viewer.ts';
import type { TrackerStatus, Warning } from '../../../src/contracts/events.ts';
import { shownUrl } from '../../../src/protocol/tracker/shownUrl.ts';

describe('what is said of several torrents', () => {
  it('is said once when it is of the process, though a thousand torrents hear it, else of each torrent', () => {
    const said: string[] = [];
    const view = { show: () => undefined, say: (line: string) => void said.push(line), end: () => undefined };
    const all = Array.from({ length: 1000 }, (_, n) => ({ name: `t${n}`, infoHash: String(n) }));
    const { show } = viewerOfSeveral({}, { print: () => undefined, say: view.say } as unknown as Io, view, all);
    const warning = (code: string, message: string): Warning => ({ type: 'warning', code, message });
    for (const of of all) {
      show(warning('port-taken', 'port 6881 is taken'), of);
      show(warning('dht-bootstrap', "the DHT can't be joined yet"), of);
    }
    for (const of of all.slice(0, 2)) show(warning('failure-reason', 'not registered'), of);
    expect(said).toEqual([
      'warning: port 6881 is taken',
      "warning: the DHT can't be joined yet",
      't0: warning: not registered',
      't1: warning: not registered',
    ]);
  });

  it('is said once of a tracker that is down, and again when it has worked in between', () => {
    const said: string[] = [];
    const view = { show: () => undefined, say: (line: string) => void said.push(line), end: () => undefined };
    const all = Array.from({ length: 300 }, (_, n) => ({ name: `t${n}`, infoHash: String(n) }));
    const { show } = viewerOfSeveral({}, { print: () => undefined, say: view.say } as unknown as Io, view, all);
    const url = 'http://tracker.example/announce?passkey=secret';
    const message = `${shownUrl(url)}: connection refused`;
    const down: Warning = { type: 'warning', code: 'unreachable', message, url };
    const status = (state: TrackerStatus['state']): TrackerStatus => ({
      type: 'tracker',
      url,
      tier: 0,
      state,
      failures: 0,
    });
    for (const of of all) show(down, of);
    for (const of of all) show(status('failing'), of);
    for (const of of all) show(down, of);
    expect(said).toEqual([`warning: ${down.message}`]);
    for (const of of all) show(status('working'), of);
    for (const of of all) show(down, of);
    expect(said).toEqual([`warning: ${down.message}`, `warning: ${down.message}`]);
  });
});
