import { EMPTY, Subject, switchMap, takeUntil, tap } from 'rxjs';
import type { DrawnHost, DrawnNetwork } from '../../marbles/index.ts';
import type { PeerAddress, Wire } from '../../src/contracts/network.ts';
import type { Content } from './content.ts';
import { type Conduct, type Plug, ScriptedPeer } from './scriptedPeer.ts';

/** A connection of the drawn network, as a socket has it. */
class DrawnPlug implements Plug {
  destroyed = false;
  readonly #wire: Wire;
  readonly #host: DrawnHost;
  readonly #over$: Subject<void>;
  readonly #heard: ((bytes: Uint8Array) => void)[] = [];
  readonly #closed: (() => void)[] = [];

  constructor(wire: Wire, host: DrawnHost, over$: Subject<void>) {
    this.#wire = wire;
    this.#host = host;
    this.#over$ = over$;
  }

  hear(bytes: Uint8Array): void {
    for (const heard of this.#heard) heard(bytes);
  }

  close(): void {
    if (this.destroyed) return;
    this.destroyed = true;
    for (const closed of this.#closed) closed();
  }

  write(bytes: Uint8Array): void {
    // A wire takes over what it is given, a socket does not.
    this.#wire.write(Uint8Array.from(bytes));
  }

  end(bytes?: Uint8Array): void {
    if (bytes !== undefined) this.write(bytes);
    this.destroy();
  }

  destroy(): void {
    this.close();
    this.#over$.next();
  }

  /** That of all who have called this host: each of these has one visitor. */
  resetAndDestroy(): void {
    this.#host.crash();
    this.destroy();
    this.#host.comeBack();
  }

  resume(): void {}

  on(event: 'data' | 'close' | 'error', hear: (given: never) => void): void {
    if (event === 'data') this.#heard.push(hear as (bytes: Uint8Array) => void);
    if (event === 'close') this.#closed.push(hear as () => void);
  }
}

/** A peer on a machine of a drawn network that behaves as it is told. */
export class DrawnPeer extends ScriptedPeer {
  readonly address: PeerAddress;

  constructor(network: DrawnNetwork, host: string, port: number, content: Content, conduct: Conduct) {
    super(content, conduct);
    this.port = port;
    this.address = { host, port, source: 'manual' };
    const machine = network.host(host, { delay: 1 });
    network.tcp.answers(machine, port, ({ wire$ = EMPTY }) => {
      const over$ = new Subject<void>();
      let plug: DrawnPlug | undefined;
      const ended = (): void => plug?.close();
      const heard$ = wire$.pipe(
        switchMap((wire) => {
          const opened = (plug = new DrawnPlug(wire, machine, over$));
          this.meet(opened);
          return wire.bytes$.pipe(tap((bytes) => opened.hear(bytes)));
        }),
        takeUntil(over$),
      );
      heard$.subscribe({ error: ended, complete: ended });
    });
  }
}
