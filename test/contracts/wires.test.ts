import { NEVER, type Observable, of, Subject } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { PeerAddress, Wire } from '../../src/contracts/network.ts';
import { rewired } from '../../src/contracts/wires.ts';
import { InboundHandshake } from '../../src/discovery/inbound/inboundHandshake.ts';
import { withHead } from '../../src/net/mse/firstBytes.ts';
import { encodeHandshake } from '../../src/protocol/peer/handshake.ts';

/** A wire whose members are of its class, and cannot do without it. */
class ClassWire implements Wire {
  readonly #bytes$ = new Subject<Uint8Array>();
  readonly #written: Uint8Array[] = [];
  readonly address: PeerAddress = { host: '10.0.0.1', port: 7, source: 'incoming' };

  get bytes$(): Observable<Uint8Array> {
    return this.#bytes$;
  }

  /** The peer sends this. */
  hears(bytes: Uint8Array): void {
    this.#bytes$.next(bytes);
  }

  get drained$() {
    return NEVER;
  }

  get written() {
    return this.#written.length;
  }

  write(bytes: Uint8Array): boolean {
    this.#written.push(bytes);
    return true;
  }

  room(size: number): Uint8Array {
    return new Uint8Array(size + this.#written.length);
  }
}

describe('a wire that is an instance of a class', () => {
  it('keeps its members when some are replaced', () => {
    const wire = new ClassWire();
    const other = rewired(wire, { bytes$: of(Uint8Array.of(9)) });
    const { write } = other;
    expect([write(Uint8Array.of(1)), wire.written, other.room?.(3).length, other.road]).toEqual([
      true,
      1,
      4,
      undefined,
    ]);
    const heard: number[] = [];
    other.bytes$.subscribe(([byte]) => heard.push(byte ?? 0));
    expect([heard, other.address]).toEqual([[9], wire.address]);
    expect(withHead(wire, new Uint8Array()).write(Uint8Array.of(2))).toBe(true);
  });

  it('may call us', () => {
    const wire = new ClassWire();
    const taken: Wire[] = [];
    const call: PeerAddress = { ...wire.address, wire$: new Subject<Wire>() };
    const route = (_: Uint8Array, address: PeerAddress): void => void address.wire$?.subscribe((it) => taken.push(it));
    const inbound = new InboundHandshake(call, { later: () => false, route, settled: () => {} });
    inbound.listen();
    (call.wire$ as Subject<Wire>).next(wire);
    wire.hears(encodeHandshake({ infoHash: new Uint8Array(20), peerId: new Uint8Array(20) }));
    expect(taken[0]?.write(Uint8Array.of(1))).toBe(true);
    expect([wire.written, taken[0]?.room?.(1).length]).toEqual([1, 2]);
    inbound.hangUp();
  });
});
