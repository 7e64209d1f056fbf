import { isIP } from 'node:net';
import { defer, mergeMap, of } from 'rxjs';
import type { LookUp } from './lookUpType.ts';

/** Looks names up as this machine does. A program that dials only literals never loads the resolver. */
export const lookUp: LookUp = (host) =>
  isIP(host) !== 0
    ? of([host])
    : defer(() => import('./names.ts')).pipe(mergeMap(({ lookUpName }) => lookUpName(host)));
