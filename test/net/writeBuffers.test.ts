import { createServer, type Server, type Socket } from 'node:net';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import type { Wire } from '../../src/contracts/network.ts';
import { connectTcp } from '../../src/net/tcp.ts';
import { WriteBuffers } from '../../src/net/writeBuffers.ts';

describe('buffers for what is written', () => {
  it('are used again after they have been given back', () => {
    const buffers = new WriteBuffers();
    const first = buffers.take(20_000);
    const second = buffers.take(30_000);
    expect(second.buffer).not.toBe(first.buffer);
    expect([first.length, second.length, buffers.lent]).toEqual([20_000, 30_000, 2]);
    buffers.give(first);
    expect(buffers.take(100_000).buffer).toBe(first.buffer);
  });

  it('that may still be written are not used again', () => {
    const buffers = new WriteBuffers();
    const one = buffers.take(20_000);
    buffers.give(one, new Error('reset'));
    expect([buffers.free, buffers.lent]).toEqual([0, 0]);
    expect(buffers.take(20_000).buffer).not.toBe(one.buffer);
  });

  it('given back twice are kept once', () => {
    const buffers = new WriteBuffers();
    const one = buffers.take(20_000);
    buffers.give(one);
    buffers.give(one);
    expect(buffers.free).toBe(1);
  });

  it('are for blocks: what is small or too large is of its own, and not kept', () => {
    const buffers = new WriteBuffers();
    for (const size of [0, 68, 1_000_000]) {
      const one = buffers.take(size);
      expect([one.length, buffers.owns(one)]).toEqual([size, false]);
      buffers.give(one);
    }
    expect(buffers.free).toBe(0);
  });

  it('are lent or free, and never both, whatever comes back and how often', () => {
    const step = fc.oneof(fc.constant('take' as const), fc.record({ nth: fc.nat(20), fails: fc.boolean() }));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const buffers = new WriteBuffers();
        const taken: Uint8Array[] = [];
        for (const each of steps) {
          if (each === 'take') taken.push(buffers.take(20_000));
          else if (taken.length > 0)
            buffers.give(taken[each.nth % taken.length] as Uint8Array, each.fails ? new Error('reset') : undefined);
          buffers.check();
        }
      }),
    );
  });

  it('kept are eight at most', () => {
    const buffers = new WriteBuffers();
    const all = Array.from({ length: 20 }, () => buffers.take(20_000));
    for (const one of all) buffers.give(one);
    expect([buffers.free, buffers.lent]).toEqual([8, 0]);
  });
});

describe('a wire', () => {
  let server: Server | undefined;
  afterEach(() => server?.close());

  const wired = (use: (wire: Wire, far: Socket) => void): Promise<void> =>
    new Promise((resolve, reject) => {
      let near: Wire | undefined;
      let far: Socket | undefined;
      const both = (): void => {
        if (near && far) use(near, far);
      };
      server = createServer((socket) => {
        far = socket;
        socket.once('close', () => resolve());
        both();
      }).listen(0, '127.0.0.1', () => {
        const { port } = server?.address() as { port: number };
        connectTcp({ host: '127.0.0.1', port, source: 'manual' }).subscribe({
          next: (wire) => {
            near = wire;
            both();
          },
          error: reject,
        });
      });
    });

  it('has buffers for blocks that do not change before they are sent, however slowly they are read', async () => {
    const SIZE = 262_144;
    const ROUNDS = 60; // more than fits into what the kernel keeps
    let wrong = 0;
    let received = 0;
    await wired((wire, far) => {
      far.pause();
      setTimeout(() => far.resume(), 100);
      far.on('data', (bytes) => {
        for (const byte of bytes) if (byte !== Math.floor(received++ / SIZE) + 1) wrong++;
        if (received === ROUNDS * SIZE) far.end();
      });
      for (let round = 1; round <= ROUNDS; round++) {
        const bytes = wire.room?.(SIZE) as Uint8Array;
        wire.write(bytes.fill(round));
      }
    });
    expect({ received, wrong }).toEqual({ received: ROUNDS * SIZE, wrong: 0 });
  });

  it('uses the same memory for one block after another', async () => {
    const used = new Set<ArrayBufferLike>();
    await wired((wire, far) => {
      far.resume();
      let left = 50;
      const write = (): void => {
        if (left-- === 0) return void far.destroy();
        const bytes = wire.room?.(65_536) as Uint8Array;
        used.add(bytes.buffer);
        if (wire.write(bytes.fill(left))) setImmediate(write);
      };
      wire.drained$.subscribe(write);
      write();
    });
    expect(used.size).toBeLessThanOrEqual(9);
  });
});
