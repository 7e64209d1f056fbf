import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { firstValueFrom, NEVER, of, switchMap } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { give, offers, portAdvice, tryAgain } from '../../../src/cli/io/advice.ts';
import { awaited } from '../../../src/cli/run/awaited.ts';
import { commands } from '../../../src/cli/commandTable.ts';
import { Deadline } from '../../../src/cli/io/deadline.ts';
import { discovery, trackersFor } from '../../../src/cli/input/discoveryOptions.ts';
import { Patience } from '../../../src/cli/run/patience.ts';
import { dhtNode } from '../../../src/discovery/dht/node.ts';
import type { Env } from '../../../src/contracts/env.ts';
import type { UdpSocket } from '../../../src/contracts/network.ts';
import { NetworkError, type NetworkCode } from '../../../src/contracts/errors.ts';
import { Funnel } from '../../../src/torrent/stats/funnel.ts';

const src = fileURLToPath(new URL('../../../src', import.meta.url));
const told = (text: string): readonly string[] =>
  [...text.matchAll(/(?<![\w-])--([a-z][a-z-]*)/g)].map(([, option = '']) => option);

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : '');
const failing = (promise: Promise<unknown>): Promise<string> => promise.then(() => '', messageOf);
const thrown = (act: () => unknown): string => {
  try {
    act();
    return '';
  } catch (error) {
    return messageOf(error);
  }
};

const advised = (code: NetworkCode, option: 'port' | 'dht-port', otherwise?: string): string =>
  messageOf(portAdvice(new NetworkError(code, 'TCP port 80', 'no'), option, otherwise));

const socket: UdpSocket = { port: 1, datagrams$: NEVER, undelivered$: NEVER, send: () => undefined };
const nobody = {
  bindUdp: () => of(socket),
  resolve: () => of([]),
  random: () => 0.5,
  randomBytes: (length: number) => new Uint8Array(length),
};
const view = { show: () => undefined, say: () => undefined, end: () => undefined };
const io = { print: () => undefined, say: () => undefined, stopped: new AbortController().signal };

type Given = Readonly<Record<string, unknown>>;

/** What a command may say that advises options, and which commands may say it: those with any of these options. */
const MESSAGES: readonly (readonly [
  what: string,
  of: readonly string[],
  say: (given: Given) => Promise<string> | string,
])[] = [
  ['nothing moves', ['max-peers', 'size'], (given) => failing(firstValueFrom(new Patience(0.001, given).end$))],
  [
    'there is nobody to ask',
    ['no-dht', 'bootstrap'],
    (given) => thrown(() => trackersFor({ announce: [], private: false }, withoutDht(given))),
  ],
  [
    'the torrent is private',
    ['no-dht', 'bootstrap'],
    (given) => thrown(() => trackersFor({ announce: [], private: true }, withoutDht(given))),
  ],
  [
    'what was asked for did not come',
    ['no-dht'],
    (given) =>
      failing(awaited(NEVER, { missed: 'it', given, deadline: new Deadline(0.001), funnel: new Funnel(), view }, io)),
  ],
  ['it is to be tried again', ['scrape', 'count'], (given) => tryAgain(given)],
  ['nobody is left', ['no-dht', 'scrape'], (given) => give(given, 'another') + give(given, 'a')],
  ['a port is taken', ['no-listen'], () => advised('port-taken', 'port', ', or --no-listen')],
  ['a port is not permitted', ['no-listen'], () => advised('port-denied', 'port', ', or --no-listen')],
  ['a port of the DHT is taken', ['bootstrap'], () => advised('port-taken', 'dht-port')],
  [
    'the DHT has nowhere to begin',
    ['bootstrap'],
    async () => {
      const warning$ = dhtNode(nobody, { bootstrap: [{ host: 'router.example', port: 1 }] }).pipe(
        switchMap(({ warnings$ = NEVER }) => warnings$),
      );
      return (await firstValueFrom(warning$)).message;
    },
  ],
];

const withoutDht = (given: Given) => discovery({ ...given, 'no-dht': true, 'no-lsd': true }, nobody as unknown as Env);

const saying = Object.entries(commands).map(
  ([name, { options }]) =>
    [name, options, MESSAGES.filter(([, any]) => any.some((option) => Object.hasOwn(options, option)))] as const,
);

describe.each(saying.filter(([, , messages]) => messages.length > 0))('%s', (_, options, messages) => {
  const given = { offers: Object.keys(options) };

  it.each(messages)('advises only what it has when %s', async (_, __, say) => {
    const message = await say(given);
    expect(message).not.toBe('');
    expect(told(message).filter((option) => !Object.hasOwn(options, option))).toEqual([]);
  });
});

describe('advice', () => {
  it('says which port to give, where the port is what is wrong', () => {
    expect(advised('port-taken', 'port', ', or --no-listen')).toBe(
      'TCP port 80: no: give another --port, or --no-listen',
    );
    expect(advised('port-denied', 'dht-port')).toBe('TCP port 80: no: give a --dht-port above 1023');
    expect(advised('no-address', 'port')).toBe('TCP port 80: no: give another --port');
    expect(advised('no-room', 'port')).toBe('TCP port 80: no');
  });

  it('names what a command has, and the DHT if it has nothing else', () => {
    expect(tryAgain({ offers: ['tracker', 'peer', 'bootstrap'] })).toBe(
      'try again later, or give another --tracker or --peer',
    );
    expect(tryAgain({ offers: ['tracker', 'bootstrap'] })).toBe('try again later, or give another --tracker');
    expect(tryAgain({ offers: ['bootstrap'] })).toBe('try again later, or give another --bootstrap');
    expect(tryAgain({})).toBe('try again later');
    expect(give({ offers: ['peer', 'tracker'] }, 'a')).toBe(': give a --tracker or a --peer');
    expect([offers({ offers: ['peer'] }, 'peer'), offers({}, 'peer')]).toEqual([true, false]);
  });

  it('never names an option that there is not', () => {
    const known = new Set([
      'help',
      'version',
      ...Object.values(commands).flatMap(({ options }) => Object.keys(options)),
    ]);
    const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter(
      (file) => file.endsWith('.ts') && !file.includes('completion'),
    );
    const words = files.flatMap((file) => {
      const text = readFileSync(join(src, file), 'utf8').replace(/\/\*[^]*?\*\/|^\s*\/\/.*$/gm, '');
      return [...text.matchAll(/(['`])((?:(?!\1)[^\\\n]|\\.)*)\1/g)].flatMap(([, , literal = '']) =>
        told(literal).map((option) => ({ file, option })),
      );
    });
    expect(words.length).toBeGreaterThan(30);
    expect(words.filter(({ option }) => !known.has(option))).toEqual([]);
  });
});
