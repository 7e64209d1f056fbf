export { seeded } from '../src/faults/seeded.ts';
