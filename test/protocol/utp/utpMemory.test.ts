import { describe, expect, it } from 'vitest';
import { UtpConnection, type UtpSink } from '../../../src/protocol/utp/utpConnection.ts';
import { Datagrams, MAX_FREE } from '../../../src/protocol/utp/datagrams.ts';
import { UtpMemory } from '../../../src/protocol/utp/utpMemory.ts';
import { DATA, encodeUtp, HEADER, STATE, SYN, UtpPacket } from '../../../src/protocol/utp/utpPacket.ts';
import { LEAST_WINDOW, RECEIVE_WINDOW } from '../../../src/protocol/utp/utpReceiver.ts';

const packet = (bytes: Uint8Array): UtpPacket => {
  const read = new UtpPacket();
  expect(read.read(bytes)).toBe(true);
  return read;
};
const data = (sequence: number, length: number): UtpPacket => {
  const bytes = new Uint8Array(HEADER + length);
  bytes.set(encodeUtp({ type: DATA, id: 2, sentAt: 0, delay: 0, window: 1_000_000, sequence, ack: 0 }));
  return packet(bytes);
};

/** A connection that was called, and what it has sent and delivered. */
const called = (memory: UtpMemory) => {
  const [sent, delivered]: [UtpPacket[], number[]] = [[], []];
  const sink: UtpSink = {
    send: (datagram) => void sent.push(packet(new Uint8Array(datagram))),
    deliver: ({ length }) => void delivered.push(length),
    opened: () => {},
    ended: () => {},
  };
  const syn = { type: SYN, id: 1, sentAt: 0, delay: 0, window: 1_000_000, sequence: 1, ack: 0 } as const;
  const connection = UtpConnection.answer({ family: 4, id: 2, sequence: 1, sink, memory }, syn, 0);
  connection.hear(packet(encodeUtp({ ...syn, type: STATE, id: 2, sequence: 2, ack: 0 })), 1);
  return { connection, sent, delivered };
};

describe('the memory of all connections together', () => {
  it('bounds what waits for missing packets; what is in order is taken all the same, and windows say so', () => {
    const memory = new UtpMemory(100_000);
    const [one, other] = [called(memory), called(memory)];
    for (const { connection } of [one, other])
      for (let sequence = 3; sequence < 203; sequence++) connection.hear(data(sequence, 1_000), 2);
    memory.check();
    expect(memory.received.left).toBeLessThan(1_000);
    other.connection.flush(3);
    expect(other.sent.at(-1)?.window).toBe(LEAST_WINDOW);
    other.connection.hear(data(2, 1_000), 4);
    expect(other.delivered).toEqual([1_000]);
    // The missing one has come, and what waited for it is delivered.
    one.connection.hear(data(2, 1_000), 4);
    expect([one.delivered.length > 90, memory.received.used]).toEqual([true, 0]);
    one.connection.flush(5);
    expect(one.sent.at(-1)?.window).toBe(100_000);
  });

  it('bounds what is sent and not acknowledged, but for one packet of each', () => {
    const memory = new UtpMemory(undefined, 4_000);
    const [one, other] = [called(memory), called(memory)];
    for (const { connection } of [one, other]) {
      connection.write(new Uint8Array(20_000));
      connection.flush(2);
    }
    const payloads = [one, other].map(({ sent }) => sent.filter(({ type }) => type === DATA).length);
    expect(payloads).toEqual([3, 1]);
    const held = memory.sent.used;
    one.connection.hear(
      packet(encodeUtp({ type: STATE, id: 2, sentAt: 0, delay: 0, window: 9e5, sequence: 2, ack: 2 })),
      3,
    );
    expect(memory.sent.used).toBeLessThan(held);
  });

  it('is given back when a connection is over, however that came', () => {
    const memory = new UtpMemory();
    for (const end of ['abandon', 'reset', 'silence'] as const) {
      const { connection } = called(memory);
      connection.hear(data(5, 1_000), 2);
      connection.write(new Uint8Array(5_000));
      connection.flush(2);
      expect([memory.received.used, memory.sent.used > 0]).toEqual([1_000, true]);
      if (end === 'abandon') connection.end();
      else if (end === 'reset')
        connection.hear(packet(encodeUtp({ type: 3, id: 2, sentAt: 0, delay: 0, window: 0, sequence: 2, ack: 1 })), 3);
      else for (let now = 10; connection.phase !== 'closed'; now = connection.wakeAt) connection.wake(now);
      expect([end, memory.received.used, memory.sent.used]).toEqual([end, 0, 0]);
    }
  });

  it('is no limit to one connection alone', () => {
    const memory = new UtpMemory();
    expect(memory.received.left).toBeGreaterThan(8 * RECEIVE_WINDOW);
  });

  it('is written again once a packet has arrived, and holds then what is sent next', () => {
    const memory = new UtpMemory();
    const [memories, payloads]: [Uint8Array[], number[][]] = [[], []];
    const send = (datagram: Uint8Array): void => {
      if (datagram.length <= HEADER) return;
      memories.push(datagram);
      payloads.push([...new Set(datagram.subarray(HEADER))]);
    };
    const sink: UtpSink = { send, deliver: () => {}, opened: () => {}, ended: () => {} };
    const syn = { type: SYN, id: 1, sentAt: 0, delay: 0, window: 1_000_000, sequence: 1, ack: 0 } as const;
    const connection = UtpConnection.answer({ family: 4, id: 2, sequence: 1, sink, memory }, syn, 0);
    const acks = (ack: number, now: number): void =>
      connection.hear(packet(encodeUtp({ ...syn, type: STATE, id: 2, sequence: 2, ack })), now);
    acks(0, 1);
    // The first packet is larger, as a try of what the network carries; it is not used again.
    for (const value of [1, 2]) connection.write(new Uint8Array(2_424).fill(value));
    connection.flush(2);
    expect(memories.map(({ length }) => length)).toEqual([1_472, 1_232, 1_232, 1_232]);
    acks(4, 3);
    const before = [...memories];
    for (const value of [3, 4]) connection.write(new Uint8Array(1_452).fill(value));
    connection.flush(4);
    expect(payloads.slice(-2)).toEqual([[3], [4]]);
    acks(6, 5);
    connection.write(new Uint8Array(1_452).fill(5));
    connection.flush(6);
    expect(payloads.at(-1)).toEqual([5]);
    expect(memories.slice(4, 6)).toContain(memories.at(-1));
    expect(before).not.toContain(memories.at(-1));
    memory.check();
  });
});

describe('datagrams that are kept', () => {
  it('are few, of the largest size that was given back, and each is there once', () => {
    const datagrams = new Datagrams();
    for (let count = 0; count < MAX_FREE + 10; count++) datagrams.give(new Uint8Array(HEADER + 100));
    datagrams.check();
    expect(datagrams.take(99).length).toBe(HEADER + 99);
    const one = datagrams.take(100);
    expect(datagrams.take(100)).not.toBe(one);
    const large = new Uint8Array(HEADER + 200);
    datagrams.give(large);
    datagrams.give(one);
    expect([datagrams.take(200), datagrams.take(100) === one]).toEqual([large, false]);
    datagrams.check();
  });
});
