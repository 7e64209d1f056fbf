import type { Socket } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { FrameDecoder } from '../../src/protocol/peer/frames.ts';
import { HANDSHAKE_LENGTH } from '../../src/protocol/peer/handshake.ts';
import { encodeMessages, type Message } from '../../src/protocol/peer/messages.ts';
import { memoryHeld } from '../machine.ts';
import { eventually } from '../swarm/run.ts';
import { content, dial, greeting, listening, servesOthers } from './strangers.ts';

const KiB = 1024;
const MiB = 1024 * KiB;
const BLOCK = 16 * KiB;
const { pieceLength } = content.torrent;

const request = (n: number, length = BLOCK): Message => {
  const begin = (n * BLOCK) % content.bytes.length;
  return { type: 'request', piece: Math.floor(begin / pieceLength), begin: begin % pieceLength, length };
};
const flood = (count: number): readonly Message[] => Array.from({ length: count }, (_, n) => request(n));

/** A stranger who greets, says this, and hears what is answered. */
const stranger = (
  port: number,
  id: number,
  ...said: readonly Message[]
): { readonly socket: Socket; readonly heard: Message[] } => {
  const socket = dial(port);
  const heard: Message[] = [];
  const decoder = new FrameDecoder((message) => heard.push(message), { pieceCount: undefined });
  let greeted = 0;
  socket.on('data', (chunk: Uint8Array) => {
    const missing = HANDSHAKE_LENGTH - greeted;
    greeted += Math.min(missing, chunk.length);
    decoder.push(chunk.subarray(Math.max(0, missing)));
  });
  socket.write(Buffer.concat([greeting(content.torrent.infoHash, id), encodeMessages(said)]));
  return { socket, heard };
};

const leavings = ({ events }: Awaited<ReturnType<typeof listening>>): readonly string[] =>
  events.flatMap((event) => (event.type === 'peer-left' ? [event.reason] : []));

describe('R29: a seed of ours', () => {
  it('keeps little for 40 who ask for everything again and again and never read, and serves others', async () => {
    const seed = await listening();
    await servesOthers(seed.port);
    const before = memoryHeld();
    const deaf = Array.from({ length: 40 }, (_, n) => {
      const { socket } = stranger(seed.port, 50 + n, { type: 'interested' });
      socket.pause();
      return socket;
    });
    const asking = setInterval(() => {
      for (const socket of deaf)
        if (!socket.destroyed && socket.writableLength < MiB) socket.write(encodeMessages(flood(500)));
    }, 20);
    onTestFinished(() => clearInterval(asking));
    expect(await eventually(() => leavings(seed).filter((reason) => reason === 'unexpected').length >= 4)).toBe(true);
    // Nothing more is given when what the kernel keeps is full.
    const given = (): readonly number[] =>
      seed.events.flatMap((event) => (event.type === 'progress' ? [event.uploaded] : [])).slice(-3);
    expect(await eventually(() => new Set(given()).size === 1 && (given()[0] ?? 0) > 0, 10_000)).toBe(true);
    // What is read ahead and what is written to 40 of them, and not sent, is 256 KiB each, and their own megabytes are
    // in here too.
    expect(memoryHeld() - before).toBeLessThan(80 * MiB);
    for (const socket of deaf) socket.destroy();
    await servesOthers(seed.port);
  });

  it.each<readonly [string, readonly Message[]]>([
    ['while choked', flood(400)],
    [
      'past the end',
      [
        { type: 'interested' },
        ...new Array<Message>(400).fill({ type: 'request', piece: 9999, begin: 0, length: BLOCK }),
      ],
    ],
    [
      'of more than 128 KiB',
      [{ type: 'interested' }, ...Array.from({ length: 400 }, (_, n) => request(n, 128 * KiB + 1))],
    ],
    ['of nothing', [{ type: 'interested' }, ...Array.from({ length: 400 }, (_, n) => request(n, 0))]],
  ])('hangs up on who asks 400 times %s, and gives none of it', async (_, said) => {
    const seed = await listening();
    const { socket, heard } = stranger(seed.port, 5, ...said);
    expect(await eventually(() => socket.destroyed)).toBe(true);
    expect(leavings(seed)).toEqual(['unexpected']);
    expect(heard.some(({ type }) => type === 'piece')).toBe(false);
    expect(heard.filter(({ type }) => type === 'reject').length).toBeLessThanOrEqual(301);
    await servesOthers(seed.port);
  });

  it('refuses one request that can not be, and gives what can be to the same peer', async () => {
    const seed = await listening();
    const wrong: Message = { type: 'request', piece: 0, begin: 1, length: 129 * KiB };
    const { heard } = stranger(seed.port, 6, { type: 'interested' });
    const { socket, heard: answers } = stranger(seed.port, 7, { type: 'interested' });
    expect(await eventually(() => answers.some(({ type }) => type === 'unchoke'))).toBe(true);
    socket.write(encodeMessages([wrong, request(3)]));
    expect(await eventually(() => answers.some(({ type }) => type === 'piece'))).toBe(true);
    expect(answers.filter(({ type }) => type === 'reject')).toEqual([{ ...wrong, type: 'reject' }]);
    expect(heard.some(({ type }) => type === 'piece')).toBe(false);
  });
});

describe('R21: blocks that a seed of ours has not asked for', () => {
  it('end the conversation, and change nothing', async () => {
    const seed = await listening();
    const blocks = Array.from(
      { length: 40 },
      (_, n): Message => ({ type: 'piece', piece: 0, begin: (n * BLOCK) % pieceLength, bytes: new Uint8Array(BLOCK) }),
    );
    const { socket } = stranger(seed.port, 8, ...blocks);
    expect(await eventually(() => socket.destroyed)).toBe(true);
    expect(leavings(seed)).toEqual(['unexpected']);
    await servesOthers(seed.port);
  });
});

describe('R24: who has said which torrent it wants', () => {
  it('or begins with something else is hung up on at its first byte, so that it may retry unencrypted', async () => {
    const { port } = await listening();
    const socket = dial(port);
    await new Promise((opened) => socket.once('connect', opened));
    socket.write(Buffer.of(0xeb));
    expect(await eventually(() => socket.destroyed)).toBe(true);
  });
});

describe('R33: who has called and', () => {
  it.each<readonly [string, (socket: Socket) => void]>([
    ['closes its half', (socket) => socket.end()],
    ['resets in the middle of a block', (socket) => void socket.resetAndDestroy()],
  ])('%s is gone within 5 s, and so is its slot', async (_, ending) => {
    const seed = await listening();
    const { socket, heard } = stranger(seed.port, 9, { type: 'interested' });
    expect(await eventually(() => heard.some(({ type }) => type === 'unchoke'))).toBe(true);
    socket.write(encodeMessages(flood(64)));
    expect(await eventually(() => heard.some(({ type }) => type === 'piece'))).toBe(true);
    ending(socket);
    expect(await eventually(() => leavings(seed).length === 1)).toBe(true);
    expect(['closed', 'reset']).toContain(leavings(seed)[0]);
    expect(await eventually(() => socket.destroyed)).toBe(true);
    await servesOthers(seed.port);
  });
});
