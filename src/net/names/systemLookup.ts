import { type ChildProcess, spawn } from 'node:child_process';
import { lookup } from 'node:dns';
import { Observable, type Subscriber } from 'rxjs';

/** Names that one process looks up simultaneously. */
export const MAX_AT_ONCE = 32;
/** Milliseconds that the process waits for the next name. */
const IDLE = 5_000;
/**
 * The program of that process. It exits at once when it is told to, or when its parent is gone, whatever is pending.
 */
const PROGRAM = `
const { lookup } = require('node:dns');
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => undefined);
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
process.on('message', ([id, name]) => lookup(name, { all: true }, (error, found) => {
  if (process.connected) process.send([id, error ? error.code : '', (found ?? []).map(({ address }) => address)]);
}));`;

type Answer = readonly [id: number, code: string, addresses: readonly string[]];

interface Asked {
  readonly name: string;
  readonly subscriber: Subscriber<readonly string[]>;
}

interface Errand {
  readonly child: ChildProcess;
  readonly waiting: Map<number, Asked>;
  idle: NodeJS.Timeout | undefined;
}

class SystemError extends Error {
  override readonly name = 'SystemError';
  readonly code: string;

  constructor(code: string) {
    super(code);
    this.code = code;
  }
}

/**
 * Asks the system for the addresses of a name, as `dns.lookup` does, but in a process of its own: the call can't be
 * cancelled, and Node waits for it even to exit, but a process can be killed. After the last answer the child does not
 * keep our process alive. Invariant: while there is a child, a lookup waits for it, or a timer of 5 s ends it.
 */
export class SystemLookup {
  readonly #command: string;
  readonly #arguments: readonly string[];
  #errand: Errand | undefined;
  #last = 0;

  constructor(command = process.execPath, args: readonly string[] = ['-e', PROGRAM]) {
    this.#command = command;
    this.#arguments = args;
  }

  /** The process id of the child, while there is one. */
  get pid(): number | undefined {
    return this.#errand?.child.pid;
  }

  /**
   * ```
   *   subscribe     -----(r|)    the system's addresses in the system's order
   *   unknown name  -----#       with the code of getaddrinfo
   *   unsubscribed: the child is killed when no other lookup waits for it
   * ```
   */
  addresses(name: string): Observable<readonly string[]> {
    return new Observable((subscriber) => {
      const errand = (this.#errand ??= this.#start());
      const id = ++this.#last;
      if (errand.waiting.size === 0) {
        clearTimeout(errand.idle);
        errand.child.ref();
        errand.child.channel?.ref();
      }
      errand.waiting.set(id, { name, subscriber });
      subscriber.add(() => {
        // A lookup without a subscriber would occupy one of the places for up to half a minute.
        if (errand.waiting.delete(id) && errand.waiting.size === 0) this.#end(errand);
      });
      errand.child.send([id, name], (error) => error && this.#lost(errand));
    });
  }

  #start(): Errand {
    // The child does not inherit the options that our process was started with.
    const env = {
      ...process.env,
      NODE_OPTIONS: '',
      UV_THREADPOOL_SIZE: String(MAX_AT_ONCE),
      ELECTRON_RUN_AS_NODE: '1',
    };
    const child = spawn(this.#command, this.#arguments, {
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      env,
      windowsHide: true,
    });
    const errand: Errand = { child, waiting: new Map(), idle: undefined };
    child.on('message', (answer: Answer) => this.#answered(errand, answer));
    child.on('error', () => this.#lost(errand));
    child.on('exit', () => this.#lost(errand));
    return errand;
  }

  #answered(errand: Errand, [id, code, addresses]: Answer): void {
    const subscriber = errand.waiting.get(id)?.subscriber;
    errand.waiting.delete(id);
    if (errand.waiting.size === 0) {
      errand.child.unref();
      errand.child.channel?.unref();
      errand.idle = setTimeout(() => this.#end(errand), IDLE).unref();
    }
    if (code !== '') return subscriber?.error(new SystemError(code));
    subscriber?.next(addresses);
    subscriber?.complete();
  }

  #end(errand: Errand): void {
    if (this.#errand === errand) this.#errand = undefined;
    clearTimeout(errand.idle);
    errand.child.removeAllListeners().on('error', () => undefined);
    errand.child.kill('SIGKILL');
    errand.child.unref();
    if (errand.child.connected) errand.child.disconnect();
  }

  /** Where no child can be started, the system is asked in this process, as long as that takes. */
  #lost(errand: Errand): void {
    const waiting = [...errand.waiting.values()];
    errand.waiting.clear();
    this.#end(errand);
    for (const { name, subscriber } of waiting) subscriber.add(lookedUpHere(name).subscribe(subscriber));
  }

  check(): void {
    if (this.#errand?.waiting.size === 0 && this.#errand.idle === undefined)
      throw new RangeError('nobody waits for the process, and it does not end');
  }
}

/** The same, in this process. */
export const lookedUpHere = (name: string): Observable<readonly string[]> =>
  new Observable((subscriber) => {
    lookup(name, { all: true }, (error, found) => {
      if (error) return subscriber.error(error);
      subscriber.next(found.map(({ address }) => address));
      subscriber.complete();
    });
  });
