import { describe, expect, it } from 'vitest';
import * as fc from 'fast-check';
import { CALLED_WITHIN, KEEP_ALIVE, UtpConnection } from '../../../src/protocol/utp/utpConnection.ts';
import { DATA, encodeUtp, FIN, HEADER, RESET, STATE, SYN, UtpPacket } from '../../../src/protocol/utp/utpPacket.ts';
import { MAX_EARLY, RECEIVE_WINDOW, UtpReceiver } from '../../../src/protocol/utp/utpReceiver.ts';
import { chance, End, Link, numbered, type Weather } from './link.ts';

const header = (datagram: Uint8Array): UtpPacket => {
  const packet = new UtpPacket();
  packet.read(datagram);
  return packet;
};

const opened = (weather: Weather): Link => {
  const link = new Link(weather);
  link.run(() => link.caller.isOpen && link.called.isOpen, 60_000);
  return link;
};

/** The datagrams that go there, by type; each is delayed by 10 ms. */
const watched = (weather: Partial<Weather> = {}): { link: Link; types: number[] } => {
  const types: number[] = [];
  const drops = (datagram: Uint8Array, number: number): boolean => {
    types.push(header(datagram).type);
    return weather.drops?.(datagram, number) === true;
  };
  return { link: new Link({ seed: 1, delay: 10, ...weather, drops }), types };
};

describe('a connection', () => {
  it('is made by a SYN and a STATE, and carries bytes after a round trip', () => {
    const { link, types } = watched();
    link.write(link.caller, numbered(10, 1));
    link.run(() => link.called.length === 10, 1_000);
    expect(types).toEqual([SYN, STATE, DATA, STATE]);
    expect(link.now).toBe(1_030);
    expect(link.caller.connection?.roundTrip).toBe(20);
  });

  it.each([
    ['SYN', 0],
    ['answer', 1],
  ])('is made a second later if the %s gets lost', (_, lost) => {
    const { link, types } = watched({ drops: (_datagram, number) => number === lost });
    expect(link.run(() => link.caller.isOpen, 5_000)).toBe(true);
    expect(types.filter((type) => type === SYN)).toHaveLength(2);
    expect(link.now).toBe(2_020);
  });

  it('is given up after three calls within seven seconds', () => {
    const { link, types } = watched({ drops: () => true });
    link.run(() => link.caller.end !== undefined, 60_000);
    expect(types).toEqual([SYN, SYN, SYN]);
    expect([link.caller.end, link.now]).toEqual(['timeout', 8_000]);
  });

  it('is forgotten if whoever called never shows that it gets the answer', () => {
    const { link } = watched({ drops: (_, number) => number > 0 });
    link.run(() => link.called.connection?.phase === 'closed', 60_000);
    expect(link.now).toBe(1_010 + CALLED_WITHIN);
  });

  it('is sent a packet again as soon as three others have overtaken it', () => {
    const { link } = watched({ drops: (_, number) => number === 3 });
    link.write(link.caller, numbered(10_000, 1));
    link.run(() => link.called.length === 10_000, 1_000);
    expect(link.now).toBe(1_050);
    expect(link.called.bytes).toEqual(numbered(10_000, 1));
  });

  it('is sent a last packet again after a timeout, of half a second at least', () => {
    const { link } = watched({ drops: (_, number) => number === 2 });
    link.write(link.caller, numbered(10, 1));
    link.run(() => link.called.length === 10, 5_000);
    expect(link.now).toBe(1_020 + 500 + 10);
  });

  it('is closed in order: what was written arrives, and then the other side gets to know', () => {
    const link = opened({ seed: 1, delay: 10 });
    link.write(link.caller, numbered(9_000, 1));
    link.caller.connection?.close(link.now);
    link.run(() => link.caller.connection?.phase === 'closed' && link.called.connection?.phase === 'closed', 5_000);
    expect(link.called.bytes).toEqual(numbered(9_000, 1));
    expect([link.called.end, link.caller.end]).toEqual(['finished', undefined]);
  });

  it('is over when the other side does not know it', () => {
    const link = opened({ seed: 1 });
    const ack = link.called.sent;
    const bytes = encodeUtp({ type: RESET, id: 65_535, sentAt: 0, delay: 0, window: 0, sequence: 0, ack: 1 });
    link.caller.connection?.hear(header(bytes), link.now);
    expect([link.caller.end, link.caller.connection?.phase, ack > 0]).toEqual(['reset', 'closed', true]);
  });

  it('is over as soon as it is kept alive where the other side does not know it any more', () => {
    const link = opened({ seed: 1, delay: 10 });
    link.write(link.caller, numbered(10, 1));
    link.run(() => link.called.length === 10, 1_000);
    link.caller.connection?.end();
    link.run(() => link.called.end !== undefined, 10 * KEEP_ALIVE);
    expect(link.called.end).toBe('reset');
    expect(link.now).toBeLessThan(KEEP_ALIVE + 1_000);
  });

  it('begins with a packet for each write, and fills packets later', () => {
    const payloads: number[] = [];
    const drops = (datagram: Uint8Array): boolean => {
      if (header(datagram).type === DATA) payloads.push(header(datagram).payloadLength);
      return false;
    };
    const link = opened({ seed: 1, drops });
    const writes = [68, 5, 1_000, 5, 970, 5, 6];
    for (const length of writes) link.caller.connection?.write(new Uint8Array(length));
    link.caller.connection?.flush(link.now);
    expect(payloads).toEqual([68, 5, 1_000, 5, 970, 11]);
  });

  it('is not over for whoever has not seen what it sends', () => {
    const link = opened({ seed: 1 });
    const bytes = encodeUtp({ type: RESET, id: 65_535, sentAt: 0, delay: 0, window: 0, sequence: 0, ack: 30_000 });
    link.caller.connection?.hear(header(bytes), link.now);
    expect(link.caller.end).toBeUndefined();
  });

  it('is over after a while in which nothing is answered', () => {
    const { link } = watched({ drops: (_, number) => number > 2 });
    link.run(() => link.called.isOpen, 1_000);
    link.write(link.caller, numbered(10, 1));
    link.run(() => link.caller.end !== undefined, 600_000);
    expect(link.caller.end).toBe('timeout');
    expect(link.now).toBeLessThan(70_000);
  });

  it('is kept alive', () => {
    const link = opened({ seed: 1 });
    const { sent } = link.caller;
    link.run(() => false, 10 * KEEP_ALIVE + 10);
    expect(link.caller.sent - sent).toBe(10);
  });
});

describe('the window of the other side', () => {
  const id = 5;
  /** A connection that has been answered, with a window. */
  const withWindow = (
    window: number,
  ): { end: End; datagrams: Uint8Array[]; hear: (window: number, ack: number) => void } => {
    const [end, datagrams] = [new End(), [] as Uint8Array[]];
    end.send = (datagram) => datagrams.push(new Uint8Array(datagram));
    end.connection = UtpConnection.call({ family: 4, id, sequence: 1, sink: end }, 0);
    const hear = (size: number, ack: number): void => {
      const state = encodeUtp({ type: STATE, id, sentAt: 0, delay: 0, window: size, sequence: 9, ack });
      end.connection?.hear(header(state), 0);
      end.connection?.flush(0);
    };
    hear(window, 1);
    datagrams.length = 0;
    return { end, datagrams, hear };
  };

  it('is never overrun', () => {
    const { end, datagrams } = withWindow(3_000);
    end.connection?.write(numbered(9_000, 1));
    end.connection?.flush(0);
    const sent = datagrams.reduce((sum, datagram) => sum + header(datagram).payloadLength, 0);
    expect(sent).toBeLessThanOrEqual(3_000);
    expect(sent).toBeGreaterThan(1_000);
  });

  it('is asked about after a timeout while it is 0, by a packet of one byte', () => {
    const { end, datagrams } = withWindow(0);
    end.connection?.write(numbered(9_000, 1));
    end.connection?.flush(0);
    expect(datagrams).toHaveLength(0);
    const at = end.connection?.wakeAt ?? Infinity;
    expect(at).toBe(500);
    end.connection?.wake(at);
    expect(datagrams.map((datagram) => header(datagram).payloadLength)).toEqual([1]);
  });

  it('may open without a question', () => {
    const { end, datagrams, hear } = withWindow(0);
    end.connection?.write(numbered(100, 1));
    end.connection?.flush(0);
    hear(1_000, 1);
    expect(datagrams).toHaveLength(1);
  });
});

describe('what comes too early', () => {
  const data = (sequence: number, length: number): UtpPacket => {
    const bytes = new Uint8Array(HEADER + length);
    bytes.set(encodeUtp({ type: DATA, id: 1, sentAt: 0, delay: 0, window: 0, sequence, ack: 0 }));
    return header(bytes);
  };

  it('waits within limits', () => {
    const receiver = new UtpReceiver(0);
    for (let sequence = 2; sequence < 60_000; sequence++) receiver.take(data(sequence, 1), () => {});
    receiver.check();
    expect(receiver.waiting).toBeLessThan(MAX_EARLY);
    const large = new UtpReceiver(0);
    for (let sequence = 2; sequence < 1_000; sequence++) large.take(data(sequence, 60_000), () => {});
    large.check();
    expect(large.window).toBeLessThan(60_000);
    expect(large.waiting).toBeLessThanOrEqual(RECEIVE_WINDOW);
  });

  it('is taken up to the end, and nothing after it', () => {
    const receiver = new UtpReceiver(65_534);
    let length = 0;
    const take = (packet: UtpPacket): void => receiver.take(packet, (bytes) => (length += bytes.length));
    take(header(encodeUtp({ type: FIN, id: 1, sentAt: 0, delay: 0, window: 0, sequence: 1, ack: 0 })));
    take(data(2, 7));
    take(data(0, 7));
    expect([length, receiver.isFinished, receiver.mask()]).toEqual([0, false, new Uint8Array([3, 0, 0, 0])]);
    take(data(65_535, 7));
    expect([length, receiver.isFinished, receiver.mask()]).toEqual([14, true, undefined]);
  });
});

it('nothing that a stranger sends breaks a connection, or makes it keep more than its limits', () => {
  const type = fc.constantFrom(DATA, FIN, STATE, SYN, RESET);
  const stray = fc.record({
    type,
    near: fc.integer({ min: -5, max: 2_000 }),
    ack: fc.nat(65_535),
    mask: fc.uint8Array(),
  });
  fc.assert(
    fc.property(fc.array(stray, { maxLength: 60 }), fc.nat(), (strays, seed) => {
      const link = opened({ seed });
      const random = chance(seed);
      link.write(link.caller, numbered(40_000, 1));
      const { connection } = link.caller;
      for (const { type: kind, near, ack, mask } of strays) {
        const words = mask.subarray(0, mask.length & ~3);
        const sequence = (65_000 + near) & 0xffff;
        const acks = random() < 0.5 ? ack : Math.floor(random() * 40);
        const fields = { type: kind, id: 65_535, sentAt: ack, delay: near >>> 0, window: ack, sequence, ack: acks };
        connection?.hear(header(encodeUtp(fields, words.length > 0 ? words : undefined)), link.now);
        connection?.flush(link.now);
        connection?.check();
      }
    }),
    { numRuns: 200 },
  );
});
