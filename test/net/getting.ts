import { lastValueFrom } from 'rxjs';
import { expect } from 'vitest';
import type { HttpReply, HttpRequest } from '../../src/contracts/network.ts';
import { NetworkError } from '../../src/contracts/errors.ts';
import { httpGet } from '../../src/net/http/http.ts';

/** Asks with limits that fit a test. */
export const get = (url: string, more: Partial<HttpRequest> = {}): Promise<HttpReply> =>
  lastValueFrom(httpGet({ url, maxBytes: 100_000, timeout: 5000, ...more }));
export const textOf = async (reply: Promise<HttpReply>): Promise<string> => Buffer.from((await reply).body).toString();
/** The error that it must end with. */
export const failing = async (reply: Promise<unknown>): Promise<NetworkError> => {
  const error: unknown = await reply.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(NetworkError);
  return error as NetworkError;
};
export const codeOf = async (reply: Promise<unknown>): Promise<string> => (await failing(reply)).code;
