import { EventEmitter } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { Audience, MAX_CONNECTIONS, MAX_READERS } from '../../../src/cli/stream/audience.ts';

/** A connection that says whether it was closed. */
const line = () => {
  const socket = Object.assign(new EventEmitter(), { closed: false, destroy: () => (socket.closed = true) });
  const response = Object.assign(new EventEmitter(), { socket, destroy: () => (socket.closed = true) });
  return {
    closed: () => socket.closed,
    socket: socket as unknown as Socket,
    response: response as unknown as ServerResponse,
  };
};

const scene = (stalledAfter = 10_000) => {
  const told: string[] = [];
  return { told, audience: new Audience((what) => told.push(what), stalledAfter) };
};

describe('an audience', () => {
  it('closes the oldest connection that neither reads nor has asked for something since', () => {
    const { told, audience } = scene();
    const lines = Array.from({ length: MAX_CONNECTIONS + 2 }, line);
    const [first, second] = lines;
    for (const [nth, { socket }] of lines.entries()) {
      audience.connected(socket);
      if (nth === 0 && first !== undefined) audience.admit(first.response);
      if (nth === 10 && second !== undefined) audience.asked(second.socket);
      audience.check();
    }
    expect(lines.flatMap(({ closed }, nth) => (closed() ? [nth] : []))).toEqual([2, 3]);
    expect(told).toHaveLength(1);
  });

  it('gives the place of the reader that has stalled longest, and none of one that reads', () => {
    const { told, audience } = scene(0);
    const lines = Array.from({ length: MAX_READERS }, line);
    const readers = lines.map(({ response }) => audience.admit(response));
    expect(audience.admit(line().response)).toBeUndefined();
    const [, second, third] = readers;
    if (second === undefined || third === undefined) throw new Error('no place');
    [second.stalledSince, third.stalledSince] = [-2_000, -3_000];
    expect(audience.admit(line().response)).toBeDefined();
    expect(lines.flatMap(({ closed }, nth) => (closed() ? [nth] : []))).toEqual([2]);
    audience.check();
    audience.left(second);
    expect(audience.admit(line().response)).toBeDefined();
    expect(told).toHaveLength(1);
  });
});
