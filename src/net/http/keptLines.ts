import { Agent, type ClientRequestArgs } from 'node:http';
import { Agent as SecureAgent } from 'node:https';
import type { dialFor } from '../dial.ts';

/** Milliseconds that a connection is kept when nobody uses it, and such connections to one host. */
const KEPT_FOR = 4_000;
const KEPT_PER_HOST = 4;

const OPTIONS = { keepAlive: true, timeout: KEPT_FOR, maxFreeSockets: KEPT_PER_HOST };

type Ready = Parameters<ReturnType<typeof dialFor>>[1];

/** A request that says itself how it is dialled when no connection is there. */
export interface DialledRequest extends ClientRequestArgs {
  readonly dial: ReturnType<typeof dialFor>;
}

class PlainLines extends Agent {
  override createConnection(options: DialledRequest, ready: Ready): undefined {
    return options.dial(options, ready);
  }
}

class SecureLines extends SecureAgent {
  override createConnection(options: DialledRequest, ready: Ready): undefined {
    return options.dial(options, ready);
  }
}

const [plain, secure] = [new PlainLines(OPTIONS), new SecureLines(OPTIONS)];

/**
 * Connections to web servers that are used again by the next request to the same host, port and family. They close
 * after four seconds without any, and do not keep the process: whoever has nothing to do any more is not held up by
 * them.
 */
export const keptLines = (protocol: string): Agent => (protocol === 'https:' ? secure : plain);
