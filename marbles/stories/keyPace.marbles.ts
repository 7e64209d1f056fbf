import { map, merge, mergeMap, NEVER, of, timer } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { encryptedConnect } from '../../src/net/mse/encryptedConnect.ts';
import { KEYS_BURST, KeyPace } from '../../src/net/mse/keyPace.ts';
import { drawn } from '../index.ts';
import { at } from '../network/twoHosts.ts';
import { INFO_HASH, randomBytes } from './encryptionScene.ts';

describe('encrypted handshakes that we begin', () => {
  it(
    'are a hundred at once and then fifty a second, however many peers are dialled',
    drawn(({ gives }) => {
      let dials = 0;
      const connect = encryptedConnect(
        () => {
          dials++;
          return NEVER;
        },
        { encryption: 'require', randomBytes },
      );
      const all$ = merge(...Array.from({ length: 200 }, (_, nth) => connect(at(`192.0.2.${nth}`), INFO_HASH)));
      gives(all$.pipe(map(() => 'w')), '^ 3s !').toBe('-');
      const counts$ = of(5, 205, 1005).pipe(mergeMap((time) => timer(time).pipe(map(() => dials))));
      gives(counts$).toBe('5ms a 199ms b 799ms (c|)', { a: KEYS_BURST, b: KEYS_BURST + 10, c: KEYS_BURST + 50 });
    }),
  );

  it('wait for nothing after a pause', () => {
    const pace = new KeyPace();
    const waits = (now: number, count: number): readonly number[] =>
      Array.from({ length: count }, () => pace.wait(now)).filter((wait) => wait > 0);
    expect(waits(0, KEYS_BURST + 2)).toEqual([20, 40]);
    expect(waits(60_000, KEYS_BURST)).toEqual([]);
  });
});
