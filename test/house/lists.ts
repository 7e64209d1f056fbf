import type { Caps } from './caps.ts';

/** Where these lists are, for messages. What is on them is to become less: a cap is lowered, never raised. */
export const LISTS = 'test/house/lists.ts';

/** Subjects, by room. */
export const SUBJECTS: Caps = { operators: 2, discovery: 16, world: 8, download: 21 };
