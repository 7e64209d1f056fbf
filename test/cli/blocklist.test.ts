import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { blocklistOf } from '../../src/cli/input/blocklist.ts';
import { nodeEnv } from '../../src/node.ts';
import { serve } from '../net/servers.ts';
import { contentOf } from '../swarm/content.ts';
import { peer } from '../swarm/fixture.ts';
import { folder, run } from './run.ts';

const content = contentOf({ name: 'a', length: 100_000 });
const never = new AbortController().signal;

const listed = async (given: Readonly<Record<string, unknown>>) => {
  const said: string[] = [];
  const list = await blocklistOf(given, nodeEnv, (line) => said.push(line), never);
  return { list, said };
};
const refused = async (given: Readonly<Record<string, unknown>>): Promise<string> =>
  listed(given).then(() => 'taken', String);

describe('--blocklist', () => {
  it('keeps us from a peer that the user names, with a word; --allow makes an exception', async () => {
    let calls = 0;
    const seed = await peer(content, { onConnect: () => ++calls < 0 });
    const at = `127.0.0.1:${seed.port}`;
    const torrent = join(folder(), 'a.torrent');
    writeFileSync(torrent, content.metainfo);
    const list = join(folder(), 'list.p2p');
    writeFileSync(list, 'loopback:127.0.0.0-127.255.255.255\nnonsense\n');
    const { code, stderr } = await run(['handshake', torrent, at, '--blocklist', list, '--verbose=block']);
    expect(code).toBe(4);
    expect(stderr).toContain(`warning: --blocklist ${list}: 1 line not understood and left out, first line 2`);
    expect(stderr).toContain(`warning: ${at} is on the blocklist, and is not called: --allow 127.0.0.1 makes`);
    expect(stderr).toContain(`block   > ${at}  is on the blocklist: not called`);
    expect(stderr).toContain(`${at}: is on the blocklist`);
    expect(calls).toBe(0);
    expect((await run(['handshake', torrent, at, '--blocklist', list, '--allow', '127.0.0.1'])).code).toBe(0);
  });

  it('is files and URLs, packed or not', async () => {
    const path = join(folder(), 'list.gz');
    writeFileSync(path, gzipSync('10.0.0.0/8\n'));
    const server = await serve((_, response) => response.end('192.0.2.0/24\n'));
    const { list, said } = await listed({ blocklist: [path, server], allow: ['10.1.0.0/16', '10.2.0.0-10.2.0.9'] });
    const hosts = ['10.0.0.1', '192.0.2.1', '10.1.2.3', '10.2.0.10', '9.9.9.9'];
    expect(hosts.map((host) => list?.blocks(host))).toEqual([true, true, false, true, false]);
    expect([said, (await listed({})).list]).toEqual([[], undefined]);
  });

  it('is refused with one line if it cannot be had: nothing leaves without it', async () => {
    const page = join(folder(), 'page.html');
    writeFileSync(page, '<html>\n</html>\n');
    const broken = await serve((_, response) => response.writeHead(404).end());
    expect(await refused({ blocklist: '/nowhere' })).toContain('--blocklist /nowhere: there is no such file');
    expect(await refused({ blocklist: page })).toContain(`--blocklist ${page}: blocklist: expected P2P text`);
    expect(await refused({ blocklist: broken })).toContain('the server answered 404');
    expect(await refused({ blocklist: 'http://127.0.0.1:1/' })).toContain('connection refused');
    expect(await refused({ blocklist: '' })).toContain('--blocklist is empty');
    expect(await refused({ allow: '10.0.0.1' })).toContain('give --blocklist, too');
    expect(await refused({ allow: 'ten', blocklist: page })).toContain('--allow "ten": expected an address');
  });
});
