import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DEAD_AFTER, DeadHosts, MAX_HOSTS, TRY_EVERY } from '../../../src/discovery/trackers/deadHosts.ts';
import { TrackerError } from '../../../src/contracts/errors.ts';
import { VirtualTime } from '../dht/virtualTime.ts';

const silence = new TrackerError('unreachable', 'connection refused');
let time: VirtualTime;
beforeEach(() => {
  time = new VirtualTime();
  time.install();
});
afterEach(() => time.uninstall());

/** A host that has failed so often. */
const failing = (times: number, dead = new DeadHosts(), host = 'dead.test'): DeadHosts => {
  for (let n = 0; n < times; n++) dead.failed(host, silence);
  dead.check();
  return dead;
};

describe('a tracker that has answered nobody', () => {
  it('is dead after eight announces in a row, and then sent one a second', () => {
    const dead = failing(DEAD_AFTER - 1);
    expect(dead.refusal('dead.test')).toBeUndefined();
    dead.failed('dead.test', silence);
    expect(dead.refusal('dead.test')).toMatchObject({ name: 'TrackerError', code: 'unreachable' });
    expect(dead.refusal('other.test')).toBeUndefined();
    let sent = 0;
    for (let step = 0; step < 100; step++) {
      time.pass(TRY_EVERY / 10);
      if (dead.refusal('dead.test') === undefined) sent++;
    }
    expect(sent).toBe(10);
  });

  it('says the same, however many announces it has left without an answer', () => {
    const dead = failing(DEAD_AFTER);
    const { message } = dead.refusal('dead.test') ?? {};
    dead.failed('dead.test', silence);
    expect(message).toContain('dead.test');
    expect(dead.refusal('dead.test')?.message).toBe(message);
  });

  it('lives again with its first answer, though it is a refusal', () => {
    const answered = failing(DEAD_AFTER);
    answered.answered('dead.test');
    expect(answered.refusal('dead.test')).toBeUndefined();
    const refused = failing(DEAD_AFTER);
    refused.failed('dead.test', new TrackerError('failure-reason', 'not registered'));
    expect(refused.refusal('dead.test')).toBeUndefined();
    refused.failed('dead.test', silence);
    refused.check();
    expect(refused.refusal('dead.test')).toBeUndefined();
  });

  it('is remembered of so many hosts only', () => {
    const dead = failing(DEAD_AFTER);
    for (let n = 0; n < MAX_HOSTS; n++) failing(1, dead, `${n}.test`);
    expect(dead.refusal('dead.test')).toBeUndefined();
  });
});
