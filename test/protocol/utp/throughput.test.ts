import { expect, it } from 'vitest';
import { Link, numbered, type Weather } from './link.ts';

const SIZE = 6_000_000;

/** Sends on a line; gives which share of it is used, and how many ms packets wait at most before it. */
const sent = (weather: Omit<Weather, 'seed'> & { readonly rate: number }, size = SIZE) => {
  const link = new Link({ seed: 1, ...weather });
  link.run(() => link.caller.isOpen, 60_000);
  const began = link.now;
  link.write(link.caller, numbered(size, 1));
  expect(link.run(() => link.called.length === size, 3_600_000)).toBe(true);
  return { share: size / (link.now - began) / weather.rate, waited: link.caller.waited };
};

/** Bytes a ms: 10 Mbit/s. */
const RATE = 1_250;
const SECONDS = { rate: RATE, queue: 3_000_000 };

it.each([
  ['at 40 ms', { ...SECONDS, delay: 20 }, 0.85],
  ['at 200 ms', { ...SECONDS, delay: 100 }, 0.7],
  ['at 1 Mbit/s', { rate: 125, queue: 1_000_000, delay: 20 }, 0.85],
  ['with a clock that runs ahead', { ...SECONDS, delay: 20, clock: 1.0001 }, 0.85],
  ['with a clock that falls behind', { ...SECONDS, delay: 20, clock: 0.9999 }, 0.85],
  ['that carries no more than 1,400 bytes', { ...SECONDS, delay: 20, mtu: 1_400 }, 0.8],
])('uses a line with a queue of seconds, %s, and fills no more than 150 ms of the queue', (_, weather, least) => {
  const { share, waited } = sent(weather);
  expect(share).toBeGreaterThan(least);
  expect(waited).toBeLessThan(150);
});

it('goes on where packets get lost by chance, and where they overtake each other', () => {
  expect(sent({ ...SECONDS, delay: 20, loss: 0.002 }).share).toBeGreaterThan(0.5);
  expect(sent({ ...SECONDS, delay: 20, loss: 0.02 }, 2_000_000).share).toBeGreaterThan(0.2);
  expect(sent({ ...SECONDS, delay: 40, jitter: 5 }, 2_000_000).share).toBeGreaterThan(0.3);
});
