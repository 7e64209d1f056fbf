import { describe, expect, it } from 'vitest';
import { WebThrottle } from '../../../operators/internal/webThrottle.ts';

/** A limit that lets through when it is told to. */
class Gate {
  open = false;
  wakes: (() => void)[] = [];
  taken = 0;
  take(bytes: number, wake: () => void): boolean {
    if (this.open) this.taken += bytes;
    else this.wakes.push(wake);
    return this.open;
  }
  leave(wake: () => void): void {
    this.wakes = this.wakes.filter((each) => each !== wake);
  }
  give(): void {}
  spend(): void {}
}

describe('a server that has to wait', () => {
  it('is held while more has come than may, and as long as it is paused', () => {
    const gate = new Gate();
    const throttle = new WebThrottle(gate);
    const told: boolean[] = [];
    const listening = throttle.held$.subscribe((held) => told.push(held));
    throttle.came(5);
    throttle.came(6);
    throttle.check();
    gate.open = true;
    gate.wakes.shift()?.();
    expect([told, gate.taken]).toEqual([[false, true, false], 11]);
    throttle.paused = true;
    throttle.came(1);
    throttle.check();
    throttle.paused = false;
    throttle.hold(true);
    throttle.hold(true);
    throttle.hold(false);
    expect(throttle.held).toBe(true);
    throttle.hold(false);
    expect(told).toEqual([false, true, false, true, false, true, false]);
    gate.open = false;
    throttle.came(1);
    throttle.end();
    listening.unsubscribe();
    throttle.check();
    expect(gate.wakes.length).toBeLessThan(2);
  });

  it('never waits without a limit', () => {
    const throttle = new WebThrottle(undefined);
    throttle.came(1e9);
    expect(throttle.held).toBe(false);
    throttle.end();
  });
});
