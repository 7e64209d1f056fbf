import { firstValueFrom, type Observable, shareReplay } from 'rxjs';
import { onTestFinished } from 'vitest';

/** The first of what runs until the test is over. */
export const running = <T>(values$: Observable<T>): Promise<T> => {
  const shared$ = values$.pipe(shareReplay({ bufferSize: 1, refCount: true }));
  const open = shared$.subscribe();
  onTestFinished(() => open.unsubscribe());
  return firstValueFrom(shared$);
};
