import { Agent, type ClientRequestArgs } from 'node:http';
import { Agent as SecureAgent } from 'node:https';
import type { dialFor } from '../dial.ts';

/** Milliseconds that an idle connection is kept, and how many idle connections to one host. */
const KEPT_FOR = 4_000;
const KEPT_PER_HOST = 4;

const OPTIONS = { keepAlive: true, timeout: KEPT_FOR, maxFreeSockets: KEPT_PER_HOST };

type Ready = Parameters<ReturnType<typeof dialFor>>[1];

/** A request that brings its own way to dial, used when no connection is kept. */
export interface DialledRequest extends ClientRequestArgs {
  readonly dial: ReturnType<typeof dialFor>;
}

const linesBy = (Kind: typeof Agent): Agent =>
  new (class extends Kind {
    override createConnection(options: DialledRequest, ready: Ready): undefined {
      return options.dial(options, ready);
    }
  })(OPTIONS);

/**
 * Connections to web servers that the next request to the same host, port and family uses again. They close after four
 * idle seconds. They do not keep the process alive, so a program that has nothing more to do ends at once. Requests
 * that leave by different ways share none.
 */
export class Lines {
  /** Made at the first use of each: TLS takes its time to be loaded. */
  readonly #agents = new Map<string, Agent>();

  of(protocol: string): Agent {
    const kept = this.#agents.get(protocol) ?? linesBy(protocol === 'https:' ? SecureAgent : Agent);
    this.#agents.set(protocol, kept);
    return kept;
  }
}
