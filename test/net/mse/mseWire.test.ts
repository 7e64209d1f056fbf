import { Subject } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { Wire } from '../../../src/contracts/network.ts';
import { MseWire } from '../../../src/net/mse/mseWire.ts';
import { RC4 } from '../../../src/protocol/mse/mseKeys.ts';
import { BOTH, bytesOf, initiator, responder, Side, textOf } from '../../protocol/mse/machines.ts';

/** A wire below, whose other end is `Side`. */
const below = () => {
  const bytes$ = new Subject<Uint8Array>();
  const drained$ = new Subject<void>();
  const written: Uint8Array[] = [];
  let buffer = new ArrayBuffer(0);
  const wire: Wire = {
    address: { host: '192.0.2.7', port: 1, source: 'manual' },
    bytes$,
    drained$,
    write: (bytes) => {
      written.push(bytes);
      return true;
    },
    room: (size) => new Uint8Array((buffer = new ArrayBuffer(size))),
  };
  return { wire, bytes$, drained$, written, lent: () => buffer };
};

/** A caller's wire whose user says *hello* at once, and *more* before it is known how; and the other side. */
const opened = (provide = BOTH) => {
  const raw = below();
  const other = new Side(responder());
  const machine = initiator({ provide });
  const got: string[] = [];
  const shared = bytesOf('hello');
  let drained = 0;
  let clean: Wire | undefined;
  const mse = new MseWire(raw.wire, machine, (emitted) => {
    clean = emitted;
    emitted.bytes$.subscribe({ next: (chunk) => got.push(textOf(chunk)), error: () => undefined });
    emitted.drained$.subscribe(() => drained++);
    expect(emitted.write(shared)).toBe(false);
  });
  mse.open((chunk) => {
    mse.hear(chunk);
    mse.check();
  });
  other.hear(machine.greeting);
  raw.bytes$.next(other.taken());
  expect(clean?.write(bytesOf(' more'))).toBe(false);
  mse.check();
  const deliver = (): void => raw.written.splice(0).forEach((bytes) => other.hear(bytes));
  deliver();
  raw.bytes$.next(other.taken());
  deliver();
  return { ...raw, other, mse, got, shared, clean: clean as Wire, drained: () => drained, deliver };
};

describe('the wire above an encrypted handshake', () => {
  it.each([
    ['plain', BOTH, 'tcp'],
    ['RC4', RC4, 'tcp+rc4'],
  ])('sends what was written before it was known how, in order: %s', (_, provide, road) => {
    const { other, shared, clean, drained, got, bytes$ } = opened(provide);
    expect([other.heard, clean.road?.(), drained()]).toEqual(['hello more', road, 1]);
    // What is written may be written to others as well.
    expect(textOf(shared)).toBe('hello');
    other.say('yes');
    bytes$.next(other.taken());
    expect(got.join('')).toBe('yes');
  });

  it('is joined to the wire below once that is plain: nobody stands between', () => {
    const plain = opened(BOTH);
    const [chunk, got] = [bytesOf('the same memory'), [] as Uint8Array[]];
    plain.clean.bytes$.subscribe((each) => got.push(each));
    plain.bytes$.next(chunk);
    expect(got[0]).toBe(chunk);
    const said = bytesOf('as it is');
    plain.clean.write(said);
    expect(plain.written[0]).toBe(said);
    expect(plain.got).toEqual(['the same memory']);
  });

  it('encrypts what it lent memory for where it lies, and copies anything else', () => {
    const { clean, written, other, deliver, lent } = opened(RC4);
    const lentBytes = clean.room?.(4) as Uint8Array;
    lentBytes.set(bytesOf(' one'));
    clean.write(lentBytes);
    expect(written[0]?.buffer).toBe(lent());
    deliver();
    const own = bytesOf(' two');
    clean.write(own);
    deliver();
    expect([other.heard, textOf(own)]).toEqual(['hello more one two', ' two']);
  });

  it.each([
    ['plain', BOTH],
    ['RC4', RC4],
  ])('drains, ends and fails with the wire below: %s', (_, provide) => {
    const one = opened(provide);
    const ends: string[] = [];
    one.clean.bytes$.subscribe({ error: (error: unknown) => ends.push((error as RangeError).message) });
    one.clean.drained$.subscribe({ next: () => ends.push('drained'), complete: () => ends.push('no more') });
    one.drained$.next();
    one.bytes$.error(new RangeError('cut off'));
    one.drained$.complete();
    expect(ends.sort()).toEqual(['cut off', 'drained', 'no more']);
    const other = opened(provide);
    other.clean.bytes$.subscribe({ complete: () => ends.push('end') });
    other.bytes$.complete();
    expect(ends).toContain('end');
    other.clean.bytes$.subscribe({ complete: () => ends.push('late') });
    expect(ends).toContain('late');
  });
});
