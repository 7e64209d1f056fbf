import { describe, expect, it } from 'vitest';
import { MAX_REASONS, Reasons } from '../../../src/discovery/trackers/reasons.ts';

describe('reasons that are told', () => {
  it('are told once each, and again when it has worked meanwhile', () => {
    const reasons = new Reasons();
    expect(['a', 'b', 'a'].map((each) => reasons.isNew(each))).toEqual([true, true, false]);
    reasons.clear();
    expect(reasons.isNew('a')).toBe(true);
  });

  it('are the same whatever numbers are in them', () => {
    const reasons = new Reasons();
    expect(['wait 35 s', 'wait 4 s', 'wait'].map((each) => reasons.isNew(each))).toEqual([true, false, true]);
    reasons.check();
  });

  it('are few, though a tracker may have a new one each time', () => {
    const reasons = new Reasons();
    const told = Array.from({ length: 1000 }, (_, nth) => reasons.isNew('x'.repeat(nth)));
    expect(told.filter(Boolean).length).toBe(MAX_REASONS);
    reasons.check();
  });
});
