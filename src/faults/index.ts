/** Faults to put into a world, real or virtual, so that programs are tested with them. */
export { cut } from './cut.ts';
export { delayed, type DelayedOptions } from './delayed.ts';
export { duplicated } from './duplicated.ts';
export { failing } from './failing.ts';
export { type Fault, type FaultOptions, type FaultPart, faulty } from './fault.ts';
export { frozen, type FrozenOptions } from './frozen.ts';
export { full } from './full.ts';
export { lossy, type LossyOptions } from './lossy.ts';
export { lying } from './lying.ts';
export { reordered, type ReorderedOptions } from './reordered.ts';
export { type Rates, throttled } from './throttled.ts';
