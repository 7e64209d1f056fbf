import { isIP } from 'node:net';
import { defer, mergeMap, of } from 'rxjs';
import type { LookUp } from './lookUpType.ts';

/** As this machine looks names up; whoever dials literals only does not even load what that takes. */
export const lookUp: LookUp = (host) =>
  isIP(host) !== 0
    ? of([host])
    : defer(() => import('./names.ts')).pipe(mergeMap(({ lookUpName }) => lookUpName(host)));
