import { describe, expect, it } from 'vitest';
import { BLOCK } from '../../src/torrent/geometry.ts';
import { contentOf } from '../swarm/content.ts';
import { drawnDuel } from '../swarm/drawnDuel.ts';
import type { Conduct, Talk } from '../swarm/scriptedPeer.ts';
import { leavings } from '../swarm/run.ts';

const KiB = 1024;
const MiB = 1024 * KiB;
const content = contentOf({ length: 4 * MiB - 5, pieceLength: 128 * KiB });

describe('requests that are not served', () => {
  it('all rejected: at most ten a second', () => {
    const rejects: Conduct = {
      onRequest: ({ piece: index, begin, length }, talk) => {
        talk.send({ type: 'reject', piece: index, begin, length });
        return true;
      },
    };
    const { ran, hostile } = drawnDuel(content, rejects, { honest: { bytesPerSecond: 1.5 * MiB } });
    expect(ran.sha256).toBe(content.sha256);
    expect(hostile.talks[0]?.requests.length).toBeLessThanOrEqual(10 * (ran.took / 1000) + 14);
  });

  it('all rejected, and then choked and unchoked, again and again: no more than if it only rejected', () => {
    let asked = 0;
    const rejects: Conduct = {
      onRequest: ({ piece: index, begin, length }, talk) => {
        talk.send({ type: 'reject', piece: index, begin, length });
        const before = ++asked;
        talk.after(5, () => asked === before && (talk.choke(), talk.unchoke()));
        return true;
      },
    };
    const { ran, hostile } = drawnDuel(content, rejects, { honest: { bytesPerSecond: 1.5 * MiB } });
    expect(ran.sha256).toBe(content.sha256);
    expect(hostile.talks[0]?.requests.length).toBeLessThanOrEqual(10 * (ran.took / 1000) + 24);
  });

  it('choked and unchoked at each request: at most some dozens a second', () => {
    const dances: Conduct = {
      fast: false,
      onRequest: (_, talk) => {
        talk.choke();
        talk.unchoke();
        return true;
      },
    };
    const { ran, hostile } = drawnDuel(content, dances, { honest: { bytesPerSecond: 1.5 * MiB } });
    expect(ran.sha256).toBe(content.sha256);
    expect(hostile.talks[0]?.requests.length).toBeLessThanOrEqual(50 * (ran.took / 1000) + 50);
  });

  it('choked in the middle of a piece: its blocks go to the other at once', () => {
    for (const fast of [true, false]) {
      let blocks = 0;
      const conduct: Conduct = {
        fast,
        onRequest: ({ piece: index, begin, length }, talk) => {
          if (++blocks < 11) return false;
          if (blocks === 11) talk.choke();
          if (fast) talk.send({ type: 'reject', piece: index, begin, length });
          return true;
        },
        onMessage: (message, talk) => {
          // What was under way when it choked.
          if (fast && message.type === 'request' && talk.choking) talk.send({ ...message, type: 'reject' });
        },
      };
      const { ran, hostile } = drawnDuel(content, conduct);
      expect(ran.sha256).toBe(content.sha256);
      expect(ran.took).toBeLessThan(2000);
      expect(ran.progress.wasted).toBe(0);
      expect(hostile.given.size).toBe(10);
    }
  });

  it('a peer that takes our half of the connection and says no more: its blocks come from another', () => {
    const halfCloses: Conduct = { onRequest: (_, talk) => (talk.requests.length === 1 && talk.socket.end(), true) };
    const { ran, hostile } = drawnDuel(content, halfCloses);
    expect(ran.sha256).toBe(content.sha256);
    const [talk] = hostile.talks;
    expect((talk?.closedAt ?? Infinity) - (talk?.connectedAt ?? 0)).toBeLessThan(2000);
  });

  it('half of a block, and then the end or a reset', () => {
    const half = (talk: Talk, index: number, begin: number): void => {
      const header = new Uint8Array(13 + 8000);
      const view = new DataView(header.buffer);
      view.setUint32(0, 9 + BLOCK);
      header[4] = 7;
      view.setUint32(5, index);
      view.setUint32(9, begin);
      talk.raw(header);
    };
    const endings: readonly ((talk: Talk) => void)[] = [
      (talk) => talk.socket.end(),
      (talk) => void talk.socket.resetAndDestroy(),
      (talk) => talk.socket.destroy(),
    ];
    for (const ending of endings) {
      let first = true;
      const { ran, hostile } = drawnDuel(content, {
        onRequest: ({ piece: index, begin }, talk) => {
          if (first) {
            half(talk, index, begin);
            talk.after(20, () => ending(talk));
          }
          first = false;
          return true;
        },
      });
      expect(ran.sha256).toBe(content.sha256);
      expect(ran.took).toBeLessThan(2000);
      expect(['closed', 'reset']).toContain(leavings(ran, hostile.port)[0]);
    }
  });
});
