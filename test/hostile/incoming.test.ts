import { describe, expect, it, onTestFinished } from 'vitest';
import { MAX_UNDECIDED, inboundPort } from '../../src/discovery/inbound/inboundPort.ts';
import { nodeEnv } from '../../src/node.ts';
import { encodeHandshake } from '../../src/protocol/peer/handshake.ts';
import { encodeMessages } from '../../src/protocol/peer/messages.ts';
import { memoryHeld } from '../machine.ts';
import { eventually } from '../swarm/run.ts';
import { content, dial, greeting, listening, opened, servesOthers } from './strangers.ts';

const MiB = 1024 * 1024;
const handles = (): number => process.getActiveResourcesInfo().filter((kind) => kind === 'TCPSocketWrap').length;

describe('a port among strangers', () => {
  it('500 who say nothing have no more than their places, and the others are served', async () => {
    const { port, events } = await listening();
    const idle = Array.from({ length: 500 }, (_, n) => dial(port, `127.0.${1 + (n % 10)}.1`));
    expect(await opened(idle)).toBe(true);
    expect(await eventually(() => idle.filter(({ destroyed }) => !destroyed).length <= MAX_UNDECIDED)).toBe(true);
    await servesOthers(port);
    // Nobody heard of them.
    expect(events.filter(({ type }) => type === 'peer-joined').length).toBeLessThanOrEqual(1);
  });

  it('500 who greet and say nothing then have no more than their places', async () => {
    const { port, events } = await listening();
    await servesOthers(port);
    const idle = Array.from({ length: 500 }, (_, n) => dial(port, `127.0.${1 + (n % 10)}.1`));
    idle.forEach((socket, n) =>
      socket.write(
        Buffer.concat([
          encodeHandshake({
            infoHash: content.torrent.infoHash,
            peerId: Buffer.from(`-XX0000-${String(n).padStart(12, '0')}`),
          }),
        ]),
      ),
    );
    expect(await opened(idle)).toBe(true);
    expect(await eventually(() => idle.filter(({ destroyed }) => !destroyed).length <= 200)).toBe(true);
    const joined = (): number => events.filter(({ type }) => type === 'peer-joined').length;
    expect(await eventually(() => joined() >= 100)).toBe(true);
    for (const socket of idle.slice(0, 450)) socket.destroy();
    await servesOthers(port);
  });

  // Ten times as many come in marbles/stories/manyCalls.marbles.ts, without sockets.
  it('1,000 calls leave no socket and no memory behind', async () => {
    const { port, events } = await listening();
    const before = { memory: memoryHeld(), handles: handles() };
    for (let round = 0; round < 4; round++) {
      const some = Array.from({ length: 250 }, (_, n) => dial(port, `127.1.${round}.${1 + (n % 20)}`));
      for (const [n, socket] of some.entries()) {
        if (n % 4 === 0) socket.write(greeting(new Uint8Array(20).fill(n), n));
        if (n % 4 === 1) socket.write(Buffer.alloc(1000, n));
        if (n % 4 === 2) socket.end();
      }
      await opened(some);
      for (const socket of some) socket.destroy();
    }
    expect(await eventually(() => handles() <= before.handles, 10_000)).toBe(true);
    expect(memoryHeld() - before.memory).toBeLessThan(16 * MiB);
    expect(events.some(({ type }) => type === 'peer-joined')).toBe(false);
    await servesOthers(port);
  });

  it('garbage before and after the greeting is hung up on', async () => {
    const { port, events } = await listening();
    const { infoHash } = content.torrent;
    const said = [
      Buffer.from('GET /announce HTTP/1.1\r\n\r\n'),
      Buffer.alloc(4096, 0xff),
      greeting(new Uint8Array(20).fill(1), 1),
      Buffer.concat([greeting(infoHash, 2), Buffer.from([0x7f, 0xff, 0xff, 0xff])]),
      Buffer.concat([greeting(infoHash, 3), encodeMessages([{ type: 'have', piece: 1_000_000 }])]),
      Buffer.concat([greeting(infoHash, 4), Buffer.alloc(100_000, 0xaa)]),
    ];
    const all = said.map((bytes) => {
      const socket = dial(port);
      socket.write(bytes);
      return socket;
    });
    expect(await eventually(() => all.every(({ destroyed }) => destroyed))).toBe(true);
    expect(
      events
        .filter((event) => event.type === 'peer-left')
        .map(({ reason }) => reason)
        .sort(),
    ).toEqual(['malformed', 'oversized', 'oversized']);
    await servesOthers(port);
  });
});

describe('a reception', () => {
  it('hangs up on all who have not been handed on when it is closed', async () => {
    let port = 0;
    const running = inboundPort(nodeEnv(), { ports: [0], host: '127.0.0.1' }).subscribe((it) => (port = it.port));
    onTestFinished(() => running.unsubscribe());
    await eventually(() => port > 0);
    const idle = Array.from({ length: 20 }, () => dial(port));
    await opened(idle);
    running.unsubscribe();
    expect(await eventually(() => idle.every(({ destroyed }) => destroyed))).toBe(true);
  });
});
