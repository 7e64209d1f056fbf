import { NEVER, type Observable, throwError } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { PeerError } from '../src/contracts/errors.ts';
import { interleaved, MAX_RACING, raced } from '../src/net/raced.ts';
import { drawn } from './index.ts';

const [six, four, sixth, fourth] = ['2001:db8::1', '192.0.2.1', '2001:db8::2', '192.0.2.2'];
const errno = (code: string): Error => Object.assign(new RangeError(code), { code });
const refused = new PeerError('refused', 'there', { cause: errno('ECONNREFUSED') });
const noRoute = new PeerError('unreachable', 'there', { cause: errno('ENETUNREACH') });

describe('interleaved', () => {
  it.each<[readonly (string | undefined)[], readonly (string | undefined)[]]>([
    [[], []],
    [[four], [four]],
    [
      [six, sixth, four],
      [six, four, sixth],
    ],
    [
      [four, fourth, six, sixth],
      [four, six, fourth, sixth],
    ],
    [
      [four, six],
      [four, six],
    ],
  ])('%j is tried as %j', (addresses, order) => {
    expect(interleaved(addresses as readonly string[])).toEqual(order);
  });
});

describe('raced', () => {
  const tries = (attempts: Readonly<Record<string, Observable<string>>>) =>
    raced(Object.keys(attempts), (address): Observable<string> => attempts[address] ?? NEVER);

  it(
    'tries the next address every 250 ms while earlier ones go on; the first to connect wins, the rest are closed',
    drawn(({ cold, gives, expectSubscriptions }) => {
      const far = cold('   400ms w-x|');
      const near = cold('  400ms y-');
      const third = cold(' 400ms z-');
      gives(tries({ [six]: far, [four]: near, [sixth]: third })).toBe('400ms w-x|');
      expectSubscriptions(far.subscriptions).toBe('  ^ 402ms !');
      expectSubscriptions(near.subscriptions).toBe(' 250ms ^ 149ms !');
      expectSubscriptions(third.subscriptions).toBe([]);
    }),
  );

  it(
    'an address 400 ms away is reached beside one to which no way leads, in either order',
    drawn(({ cold, gives, expectSubscriptions }) => {
      const [none, none2] = [cold<string>('#', {}, noRoute), cold<string>('#', {}, noRoute)];
      const [far, far2] = [cold('400ms w-'), cold('400ms w-')];
      gives(tries({ [six]: none, [four]: far })).toBe('400ms w-');
      gives(tries({ [four]: far2, [six]: none2 })).toBe('400ms w-');
      expectSubscriptions(none2.subscriptions).toBe('250ms (^!)');
    }),
  );

  it(
    'an attempt that fails begins the next one at once, and the 250 ms anew',
    drawn(({ cold, gives, expectSubscriptions }) => {
      const bad = cold<string>('100ms #', {}, refused);
      const [silent, third] = [cold('-'), cold('10ms w-')];
      gives(tries({ [four]: bad, [six]: silent, [fourth]: third })).toBe('360ms w-');
      expectSubscriptions(silent.subscriptions).toBe('100ms ^ 259ms !');
      expectSubscriptions(third.subscriptions).toBe(' 350ms ^');
    }),
  );

  it(
    'what fails after it has won ends it: nothing is tried again',
    drawn(({ cold, gives, expectSubscriptions }) => {
      const [winner, other] = [cold<string>('10ms w 10ms #', undefined, refused), cold('-')];
      gives(tries({ [four]: winner, [six]: other })).toBe('10ms w 10ms #', undefined, refused);
      expectSubscriptions(other.subscriptions).toBe([]);
    }),
  );

  it(
    'fails when the last one has, with an error that is about the other side if there is one',
    drawn(({ cold, gives }) => {
      const attempts = () => ({
        [six]: cold<string>('#', {}, noRoute),
        [four]: cold<string>('300ms #', {}, refused),
        [sixth]: cold<string>('#', {}, noRoute),
      });
      gives(tries(attempts())).toBe('300ms #', {}, refused);
      gives(tries({ [six]: cold<string>('-#', {}, noRoute) })).toBe('-#', {}, noRoute);
      gives(tries({ [six]: cold('-|') })).toBe('-|');
      gives(tries({})).toBe('|');
    }),
  );

  it(
    'hangs up on all of them when it is left',
    drawn(({ cold, gives, expectSubscriptions }) => {
      const [one, two, three] = [cold('-'), cold('-'), cold('-')];
      gives(tries({ [six]: one, [four]: two, [sixth]: three }), '^ 299ms !').toBe('-');
      expectSubscriptions(one.subscriptions).toBe('^ 299ms !');
      expectSubscriptions(two.subscriptions).toBe('250ms ^ 49ms !');
      expectSubscriptions(three.subscriptions).toBe([]);
    }),
  );

  it('does not dial more addresses than eight at a time, however many a name has', () => {
    let [open, most] = [0, 0];
    const begun: string[] = [];
    const addresses = Array.from({ length: 16 }, (_, n) => `192.0.2.${n}`);
    drawn(({ gives, cold }) => {
      const attempt = (address: string): Observable<string> => {
        begun.push(address);
        most = Math.max(most, ++open);
        const lane = cold<string>('10s #', {}, refused);
        lane.subscribe({ error: () => open-- });
        return lane;
      };
      gives(raced(addresses, attempt)).toBe('20s 1750ms #', {}, refused);
    })();
    expect([most, begun.length]).toEqual([MAX_RACING, 16]);
  });

  it('a name whose addresses all fail at once has failed at once', () => {
    const addresses = Array.from({ length: 16 }, (_, n) => `2001:db8::${n}`);
    let told: unknown;
    raced(addresses, () => throwError(() => noRoute)).subscribe({ error: (error: unknown) => (told = error) });
    expect(told).toBe(noRoute);
  });

  it('the families take turns', () => {
    const tried: string[] = [];
    const attempt = (address: string): Observable<never> => {
      tried.push(address);
      return throwError(() => noRoute);
    };
    raced([six, sixth, four, fourth] as string[], attempt).subscribe({ error: () => undefined });
    expect(tried).toEqual([six, four, sixth, fourth]);
  });
});
